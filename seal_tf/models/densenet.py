"""DenseNets for small images."""

from __future__ import annotations

from keras import Input, KerasTensor, Model, layers

from seal_tf.models import blocks


def densenet(
    input_shape: tuple[int, ...], classes: int, depth: int, growth: int
) -> Model:
    """Build a DenseNet without bottlenecks, of 3n + 4 layers.

    DenseNet (L = 40, k = 12) has 1.0 million parameters. Source: Huang et
    al., CVPR 2017, section 3.

    Args:
        input_shape: (height, width, channels).
        classes: Number of classes.
        depth: Number of layers L, 3n + 4.
        growth: Channels k that each layer adds.

    Returns:
        The untrained model.
    """
    return _densenet(input_shape, classes, depth, growth, bottleneck=False)


def densenet_bc(
    input_shape: tuple[int, ...], classes: int, depth: int, growth: int
) -> Model:
    """Build a DenseNet-BC, of 6n + 4 layers.

    DenseNet-BC (L = 100, k = 12) has 0.8 million parameters. Source: Huang
    et al., CVPR 2017, section 3.

    Args:
        input_shape: (height, width, channels).
        classes: Number of classes.
        depth: Number of layers L, 6n + 4.
        growth: Channels k that each layer adds.

    Returns:
        The untrained model.
    """
    return _densenet(input_shape, classes, depth, growth, bottleneck=True)


def _densenet(
    input_shape: tuple[int, ...],
    classes: int,
    depth: int,
    growth: int,
    bottleneck: bool,
) -> Model:
    name = f"densenet{'_bc' if bottleneck else ''}{depth}_{growth}"
    convs_per_layer = 2 if bottleneck else 1
    inputs = Input(input_shape)
    filters = 2 * growth if bottleneck else 16
    x = blocks.conv(inputs, filters, 3, 1, "conv1")
    for stage in range(3):
        for i in range((depth - 4) // (3 * convs_per_layer)):
            layer_name = f"conv{stage + 2}_block{i + 1}"
            x = _layer(x, growth, bottleneck, layer_name)
        if stage < 2:
            # A DenseNet-BC halves the channels between its stages.
            filters = x.shape[-1] // 2 if bottleneck else x.shape[-1]
            x = _bn_relu(x, f"pool{stage + 2}")
            x = blocks.conv(x, filters, 1, 1, f"pool{stage + 2}")
            x = layers.AveragePooling2D(2, name=f"pool{stage + 2}_pool")(x)
    x = _bn_relu(x, "post")
    return blocks.add_classifier(inputs, x, classes, name)


def _bn_relu(x: KerasTensor, name: str) -> KerasTensor:
    return layers.ReLU(name=f"{name}_relu")(blocks.batch_norm(x, name))


def _layer(
    x: KerasTensor, growth: int, bottleneck: bool, name: str
) -> KerasTensor:
    new = _bn_relu(x, f"{name}_0")
    if bottleneck:
        new = blocks.conv_bn_relu(new, 4 * growth, 1, 1, f"{name}_1")
    new = blocks.conv(new, growth, 3, 1, f"{name}_2")
    return layers.Concatenate(name=f"{name}_out")([x, new])

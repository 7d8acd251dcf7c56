"""Wide ResNets for small images."""

from __future__ import annotations

from keras import Input, KerasTensor, Model, layers

from seal_tf.models import blocks


def wide_resnet(
    input_shape: tuple[int, ...], classes: int, depth: int, width: int
) -> Model:
    """Build three stages of pre-activation blocks, `width` times as wide.

    n blocks in each stage make 6n + 4 layers. The snapshot paper's
    "Wide-ResNet-32" counts 6n + 2, without the convolutions of the
    shortcuts; this function accepts both. WRN-28-10 has 36.5 million
    parameters. Source: Zagoruyko and Komodakis, BMVC 2016.

    Args:
        input_shape: (height, width, channels).
        classes: Number of classes.
        depth: Number of layers, 6n + 4 or 6n + 2.
        width: Factor of the channels, at least 1.

    Returns:
        The untrained model.
    """
    blocks_per_stage = (depth - 2) // 6
    inputs = Input(input_shape)
    x = blocks.conv(inputs, 16, 3, 1, "conv1")
    for stage, base in enumerate((16, 32, 64)):
        for i in range(blocks_per_stage):
            stride = 2 if stage and not i else 1
            name = f"conv{stage + 2}_block{i + 1}"
            x = _block(x, base * width, stride, name)
    x = blocks.batch_norm(x, "post")
    x = layers.ReLU(name="post_relu")(x)
    return blocks.add_classifier(
        inputs, x, classes, f"wide_resnet{depth}_{width}"
    )


def _block(x: KerasTensor, filters: int, stride: int, name: str) -> KerasTensor:
    active = blocks.batch_norm(x, f"{name}_0")
    active = layers.ReLU(name=f"{name}_0_relu")(active)
    shortcut = x
    if stride > 1 or x.shape[-1] != filters:
        shortcut = blocks.conv(active, filters, 1, stride, f"{name}_short")
    x = blocks.conv_bn_relu(active, filters, 3, stride, f"{name}_1")
    x = blocks.conv(x, filters, 3, 1, f"{name}_2")
    return layers.Add(name=f"{name}_out")([shortcut, x])

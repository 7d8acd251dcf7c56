"""ResNets for small images with 6n + 2 layers."""

from __future__ import annotations

from keras import Input, KerasTensor, Model, layers

from seal_tf.models import blocks

WIDTHS = (16, 32, 64)


def cifar_resnet(
    input_shape: tuple[int, ...], classes: int, depth: int
) -> Model:
    """Build a CIFAR ResNet: three stages of n basic blocks.

    Shortcuts have no parameters: where the feature map shrinks, the shortcut
    takes every other pixel and pads the new channels with zeros (option A).
    ResNet-110 has 1.7 million parameters. Source: He et al., CVPR 2016,
    section 4.2.

    Args:
        input_shape: (height, width, channels).
        classes: Number of classes.
        depth: Number of layers, 6n + 2.

    Returns:
        The untrained model.
    """
    inputs = Input(input_shape)
    x = blocks.conv_bn_relu(inputs, WIDTHS[0], 3, 1, "conv1")
    for stage, width in enumerate(WIDTHS):
        for i in range((depth - 2) // 6):
            stride = 2 if stage and not i else 1
            name = f"conv{stage + 2}_block{i + 1}"
            x = _block(x, width, stride, name)
    return blocks.add_classifier(inputs, x, classes, f"cifar_resnet{depth}")


def _block(x: KerasTensor, width: int, stride: int, name: str) -> KerasTensor:
    shortcut = x
    if stride > 1:
        shortcut = layers.AveragePooling2D(1, stride, name=f"{name}_0_pick")(x)
        # ZeroPadding2D pads rows and columns, so the reshaped tensor has the
        # channels as columns.
        _, height, columns, channels = shortcut.shape
        padding = width - channels
        shortcut = layers.Reshape(
            (height * columns, channels, 1), name=f"{name}_0_flat"
        )(shortcut)
        shortcut = layers.ZeroPadding2D(
            ((0, 0), (padding // 2, padding - padding // 2)),
            name=f"{name}_0_pad",
        )(shortcut)
        shortcut = layers.Reshape(
            (height, columns, width), name=f"{name}_0_wide"
        )(shortcut)
    x = blocks.conv_bn_relu(x, width, 3, stride, f"{name}_1")
    x = blocks.batch_norm(blocks.conv(x, width, 3, 1, f"{name}_2"), f"{name}_2")
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.ReLU(name=f"{name}_out")(x)

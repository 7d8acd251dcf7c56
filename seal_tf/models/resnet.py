"""ResNet-18 and ResNet-50 with the ImageNet stem, as in SEAL's code."""

from __future__ import annotations

from collections.abc import Callable

from keras import Input, KerasTensor, Model, layers

from seal_tf.models import blocks


def resnet18(input_shape: tuple[int, ...], classes: int) -> Model:
    """Build ResNet-18: 11,689,512 parameters with 1,000 classes.

    Args:
        input_shape: (height, width, channels).
        classes: Number of classes.

    Returns:
        The untrained model.
    """
    return _resnet(
        input_shape, classes, blocks.basic_block, (2, 2, 2, 2), "resnet18"
    )


def resnet50(input_shape: tuple[int, ...], classes: int) -> Model:
    """Build ResNet-50: 23,917,832 trainable parameters with 200 classes.

    Args:
        input_shape: (height, width, channels).
        classes: Number of classes.

    Returns:
        The untrained model.
    """
    return _resnet(
        input_shape, classes, blocks.bottleneck_block, (3, 4, 6, 3), "resnet50"
    )


def _resnet(
    input_shape: tuple[int, ...],
    classes: int,
    block: Callable[[KerasTensor, int, int, str], KerasTensor],
    depths: tuple[int, ...],
    name: str,
) -> Model:
    inputs = Input(input_shape)
    x = blocks.conv_bn_relu(inputs, 64, 7, 2, "conv1")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, depth in enumerate(depths):
        for i in range(depth):
            stride = 2 if stage and not i else 1
            block_name = f"conv{stage + 2}_block{i + 1}"
            x = block(x, 64 * 2**stage, stride, block_name)
    return blocks.add_classifier(inputs, x, classes, name)

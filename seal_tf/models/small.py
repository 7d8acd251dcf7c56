"""A small ResNet with 0.3 million parameters, for a CPU."""

from __future__ import annotations

from keras import Input, Model

from seal_tf.models import blocks

WIDTHS = (16, 32, 64, 128)


def small(input_shape: tuple[int, ...], classes: int) -> Model:
    """Build four stages of one basic block, after a 3x3 stem.

    The stem has stride 1 for images of up to 32 pixels and stride 2 for
    larger ones, so that the network fits 8x8 digits and 64x64 photographs.

    Args:
        input_shape: (height, width, channels).
        classes: Number of classes.

    Returns:
        The untrained model.
    """
    inputs = Input(input_shape)
    stride = 1 if min(input_shape[:2]) <= 32 else 2
    x = blocks.conv_bn_relu(inputs, WIDTHS[0], 3, stride, "conv1")
    for stage, width in enumerate(WIDTHS):
        name = f"conv{stage + 2}_block1"
        x = blocks.basic_block(x, width, 2 if stage else 1, name)
    return blocks.add_classifier(inputs, x, classes, "small")

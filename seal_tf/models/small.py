"""A network for two cores: ResNet's shape, four stages, 0.3M parameters."""

from keras import Input

from seal_tf.models import parts

WIDTHS = (16, 32, 64, 128)


def small(input_shape, classes):
    """Four stages of one basic block, after a 3x3 stem.

    The stem has stride 1 up to 32 pixels, 2 above, so that 8x8 digits and
    64x64 photographs both fit.
    """
    inputs = Input(input_shape)
    stride = 1 if min(input_shape[:2]) <= 32 else 2
    x = parts.conv_bn_relu(inputs, WIDTHS[0], 3, stride, "conv1")
    for stage, width in enumerate(WIDTHS):
        where = f"conv{stage + 2}_block1"
        x = parts.basic_block(x, width, 2 if stage else 1, where)
    return parts.classifier(inputs, x, classes, "small")

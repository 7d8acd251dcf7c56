"""ResNets for small images, 6n+2 layers (He et al., CVPR 2016, section 4.2)."""

from keras import Input, layers

from seal_tf.models import parts

WIDTHS = (16, 32, 64)


def cifar_resnet(input_shape, classes, depth):
    """Three stages of n basic blocks; shortcuts without parameters.

    ResNet-110 has 1.7 million parameters. Where the map shrinks, the
    shortcut takes every other pixel and pads the new channels with zeros
    (option A of the paper).

    Args:
        depth: 6n + 2.

    Raises:
        ValueError: any other depth.
    """
    if depth < 8 or (depth - 2) % 6:
        raise ValueError(
            f"a CIFAR ResNet has 6n + 2 layers (20, 32, 44, 56, 110, …). "
            f"Received: cifar_resnet{depth}"
        )
    inputs = Input(input_shape)
    x = parts.conv_bn_relu(inputs, WIDTHS[0], 3, 1, "conv1")
    for stage, width in enumerate(WIDTHS):
        for i in range((depth - 2) // 6):
            stride = 2 if stage and not i else 1
            where = f"conv{stage + 2}_block{i + 1}"
            x = _block(x, width, stride, where)
    return parts.classifier(inputs, x, classes, f"cifar_resnet{depth}")


def _block(x, width, stride, name):
    shortcut = x
    if stride > 1:
        shortcut = layers.AveragePooling2D(1, stride, name=f"{name}_0_pick")(x)
        # Channels are the last axis: seen as a map, they are its columns.
        _, height, columns, channels = shortcut.shape
        more = width - channels
        shortcut = layers.Reshape(
            (height * columns, channels, 1), name=f"{name}_0_flat"
        )(shortcut)
        shortcut = layers.ZeroPadding2D(
            ((0, 0), (more // 2, more - more // 2)), name=f"{name}_0_pad"
        )(shortcut)
        shortcut = layers.Reshape(
            (height, columns, width), name=f"{name}_0_wide"
        )(shortcut)
    x = parts.conv_bn_relu(x, width, 3, stride, f"{name}_1")
    x = parts.batch_norm(parts.conv(x, width, 3, 1, f"{name}_2"), f"{name}_2")
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.ReLU(name=f"{name}_out")(x)

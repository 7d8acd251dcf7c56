"""ResNet-18 and -50 as SEAL's official code has them (ImageNet stem)."""

from keras import Input, layers

from seal_tf.models import parts


def resnet18(input_shape, classes):
    """ResNet-18: 11,689,512 parameters with 1,000 classes."""
    return _resnet(
        input_shape, classes, parts.basic_block, (2, 2, 2, 2), "resnet18"
    )


def resnet50(input_shape, classes):
    """ResNet-50: 23,917,832 trainable parameters with 200 classes."""
    return _resnet(
        input_shape, classes, parts.bottleneck_block, (3, 4, 6, 3), "resnet50"
    )


def _resnet(input_shape, classes, block, depths, name):
    inputs = Input(input_shape)
    x = parts.conv_bn_relu(inputs, 64, 7, 2, "conv1")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, depth in enumerate(depths):
        for i in range(depth):
            stride = 2 if stage and not i else 1
            where = f"conv{stage + 2}_block{i + 1}"
            x = block(x, 64 * 2**stage, stride, where)
    return parts.classifier(inputs, x, classes, name)

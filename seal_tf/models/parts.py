"""What the reference's networks share, in its own (PyTorch) form."""

from keras import Model, initializers, layers


def he_normal():
    """He-normal by fan-in, not truncated; a new draw for every layer.

    A function, since one initializer object gives every layer of a shape
    the same values.
    """
    return initializers.VarianceScaling(2.0, "fan_in", "untruncated_normal")


def conv(x, filters, size, stride, name):
    """Convolution without bias, padded by size // 2 on every side."""
    if stride > 1 and size > 1:
        # "same" would pad an even input on one side only.
        x = layers.ZeroPadding2D(size // 2, name=f"{name}_pad")(x)
    return layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        use_bias=False,
        kernel_initializer=he_normal(),
        name=f"{name}_conv",
    )(x)


def batch_norm(x, name):
    """PyTorch's momentum 0.1 is Keras' 0.9."""
    return layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, name=f"{name}_bn"
    )(x)


def conv_bn_relu(x, filters, size, stride, name):
    x = batch_norm(conv(x, filters, size, stride, name), name)
    return layers.ReLU(name=f"{name}_relu")(x)


def basic_block(x, filters, stride, name):
    """Two 3x3 convolutions (He et al., CVPR 2016, figure 5 left)."""
    shortcut = _shortcut(x, filters, stride, name)
    x = conv_bn_relu(x, filters, 3, stride, f"{name}_1")
    x = batch_norm(conv(x, filters, 3, 1, f"{name}_2"), f"{name}_2")
    return _joined(shortcut, x, name)


def bottleneck_block(x, filters, stride, name):
    """1x1, 3x3, 1x1 to 4 x filters; the stride is on the 3x3."""
    shortcut = _shortcut(x, 4 * filters, stride, name)
    x = conv_bn_relu(x, filters, 1, 1, f"{name}_1")
    x = conv_bn_relu(x, filters, 3, stride, f"{name}_2")
    x = batch_norm(conv(x, 4 * filters, 1, 1, f"{name}_3"), f"{name}_3")
    return _joined(shortcut, x, name)


def _shortcut(x, filters, stride, name):
    if stride == 1 and x.shape[-1] == filters:
        return x
    return batch_norm(conv(x, filters, 1, stride, f"{name}_0"), f"{name}_0")


def _joined(shortcut, x, name):
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.ReLU(name=f"{name}_out")(x)


def classifier(inputs, x, classes, name):
    """Global average pooling and float32 logits, whatever the precision."""
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    logits = layers.Dense(
        classes,
        kernel_initializer=he_normal(),
        dtype="float32",
        name="predictions",
    )(x)
    return Model(inputs, logits, name=name)

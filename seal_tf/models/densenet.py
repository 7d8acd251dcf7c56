"""DenseNets for small images (Huang et al., CVPR 2017, section 3)."""

from keras import Input, layers

from seal_tf.models import parts


def densenet(input_shape, classes, depth, growth):
    """DenseNet without bottlenecks: L = 3n + 4; L=40, k=12 has 1.0M."""
    return _densenet(input_shape, classes, depth, growth, bottleneck=False)


def densenet_bc(input_shape, classes, depth, growth):
    """DenseNet-BC: L = 6n + 4; L=100, k=12 has 0.8 million parameters."""
    return _densenet(input_shape, classes, depth, growth, bottleneck=True)


def _densenet(input_shape, classes, depth, growth, bottleneck):
    name = f"densenet{'_bc' if bottleneck else ''}{depth}_{growth}"
    per_layer = 2 if bottleneck else 1
    if depth < 10 or (depth - 4) % (3 * per_layer):
        raise ValueError(
            f"this DenseNet has {3 * per_layer}n + 4 layers. Received: {name}"
        )
    inputs = Input(input_shape)
    first = 2 * growth if bottleneck else 16
    x = parts.conv(inputs, first, 3, 1, "conv1")
    for stage in range(3):
        for i in range((depth - 4) // (3 * per_layer)):
            where = f"conv{stage + 2}_block{i + 1}"
            x = _layer(x, growth, bottleneck, where)
        if stage < 2:
            # Compression by one half, with bottlenecks only.
            kept = x.shape[-1] // 2 if bottleneck else x.shape[-1]
            x = _active(x, f"pool{stage + 2}")
            x = parts.conv(x, kept, 1, 1, f"pool{stage + 2}")
            x = layers.AveragePooling2D(2, name=f"pool{stage + 2}_pool")(x)
    x = _active(x, "post")
    return parts.classifier(inputs, x, classes, name)


def _active(x, name):
    return layers.ReLU(name=f"{name}_relu")(parts.batch_norm(x, name))


def _layer(x, growth, bottleneck, name):
    new = _active(x, f"{name}_0")
    if bottleneck:
        new = parts.conv_bn_relu(new, 4 * growth, 1, 1, f"{name}_1")
    new = parts.conv(new, growth, 3, 1, f"{name}_2")
    return layers.Concatenate(name=f"{name}_out")([x, new])

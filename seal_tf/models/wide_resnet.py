"""Wide ResNets (Zagoruyko and Komodakis, BMVC 2016)."""

from keras import Input, layers

from seal_tf.models import parts


def wide_resnet(input_shape, classes, depth, width):
    """Three stages of pre-activation blocks, `width` times as wide.

    WRN-28-10 has 36.5 million parameters. n blocks a stage make 6n + 4
    layers; the snapshot paper's "Wide-ResNet-32" counts 6n + 2, without the
    shortcuts' convolutions, and both are taken.

    Raises:
        ValueError: any other depth, or no width.
    """
    count = next((d for d in (depth - 4, depth - 2) if d > 0 and d % 6 == 0), 0)
    if not count or not width:
        raise ValueError(
            "a Wide-ResNet has 6n + 4 layers (or 6n + 2, as the snapshot "
            f"paper counts). Received: wide_resnet{depth}_{width}"
        )
    inputs = Input(input_shape)
    x = parts.conv(inputs, 16, 3, 1, "conv1")
    for stage, base in enumerate((16, 32, 64)):
        for i in range(count // 6):
            stride = 2 if stage and not i else 1
            where = f"conv{stage + 2}_block{i + 1}"
            x = _block(x, base * width, stride, where)
    x = parts.batch_norm(x, "post")
    x = layers.ReLU(name="post_relu")(x)
    return parts.classifier(inputs, x, classes, f"wide_resnet{depth}_{width}")


def _block(x, filters, stride, name):
    active = parts.batch_norm(x, f"{name}_0")
    active = layers.ReLU(name=f"{name}_0_relu")(active)
    shortcut = x
    if stride > 1 or x.shape[-1] != filters:
        shortcut = parts.conv(active, filters, 1, stride, f"{name}_short")
    x = parts.conv_bn_relu(active, filters, 3, stride, f"{name}_1")
    x = parts.conv(x, filters, 3, 1, f"{name}_2")
    return layers.Add(name=f"{name}_out")([shortcut, x])

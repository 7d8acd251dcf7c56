"""Convolution blocks in the form of torchvision's reference networks."""

from __future__ import annotations

from keras import KerasTensor, Model, initializers, layers


def he_normal() -> initializers.Initializer:
    """Create a He-normal initializer by fan-in, without truncation.

    Each layer needs its own initializer: a shared initializer object gives
    all layers of one shape the same values.
    """
    return initializers.VarianceScaling(2.0, "fan_in", "untruncated_normal")


def conv(
    x: KerasTensor, filters: int, size: int, stride: int, name: str
) -> KerasTensor:
    """Apply a convolution without bias, padded by size // 2 on every side.

    Args:
        x: [batch, height, width, channels].
        filters: Number of output channels.
        size: Height and width of the kernel.
        stride: Stride in both directions.
        name: Prefix of the layer names.

    Returns:
        [batch, height / stride, width / stride, filters].
    """
    if stride > 1 and size > 1:
        # Padding "same" pads an even input on one side only.
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


def batch_norm(x: KerasTensor, name: str) -> KerasTensor:
    """Apply batch normalization with PyTorch's defaults.

    PyTorch's momentum 0.1 is Keras' momentum 0.9.

    Args:
        x: The input.
        name: Prefix of the layer name.
    """
    return layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, name=f"{name}_bn"
    )(x)


def conv_bn_relu(
    x: KerasTensor, filters: int, size: int, stride: int, name: str
) -> KerasTensor:
    """Apply convolution, batch normalization and ReLU; see `conv`."""
    x = batch_norm(conv(x, filters, size, stride, name), name)
    return layers.ReLU(name=f"{name}_relu")(x)


def basic_block(
    x: KerasTensor, filters: int, stride: int, name: str
) -> KerasTensor:
    """Apply a residual block of two 3x3 convolutions.

    Source: He et al., CVPR 2016, figure 5 left.

    Args:
        x: [batch, height, width, channels].
        filters: Number of output channels.
        stride: Stride of the first convolution.
        name: Prefix of the layer names.
    """
    shortcut = _shortcut(x, filters, stride, name)
    x = conv_bn_relu(x, filters, 3, stride, f"{name}_1")
    x = batch_norm(conv(x, filters, 3, 1, f"{name}_2"), f"{name}_2")
    return _add_shortcut(shortcut, x, name)


def bottleneck_block(
    x: KerasTensor, filters: int, stride: int, name: str
) -> KerasTensor:
    """Apply a residual block of 1x1, 3x3 and 1x1 convolutions.

    The 3x3 convolution has the stride, as in torchvision. Source: He et al.,
    CVPR 2016, figure 5 right.

    Args:
        x: [batch, height, width, channels].
        filters: Channels of the first two convolutions; the block outputs
            4 x filters.
        stride: Stride of the 3x3 convolution.
        name: Prefix of the layer names.
    """
    shortcut = _shortcut(x, 4 * filters, stride, name)
    x = conv_bn_relu(x, filters, 1, 1, f"{name}_1")
    x = conv_bn_relu(x, filters, 3, stride, f"{name}_2")
    x = batch_norm(conv(x, 4 * filters, 1, 1, f"{name}_3"), f"{name}_3")
    return _add_shortcut(shortcut, x, name)


def _shortcut(
    x: KerasTensor, filters: int, stride: int, name: str
) -> KerasTensor:
    if stride == 1 and x.shape[-1] == filters:
        return x
    return batch_norm(conv(x, filters, 1, stride, f"{name}_0"), f"{name}_0")


def _add_shortcut(
    shortcut: KerasTensor, x: KerasTensor, name: str
) -> KerasTensor:
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.ReLU(name=f"{name}_out")(x)


def add_classifier(
    inputs: KerasTensor, x: KerasTensor, classes: int, name: str
) -> Model:
    """Build the model from its last feature map.

    The classifier is global average pooling and a Dense layer with float32
    logits, whatever the dtype policy is.

    Args:
        inputs: The model's input.
        x: The last feature map.
        classes: Number of classes.
        name: Name of the model.
    """
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    logits = layers.Dense(
        classes,
        kernel_initializer=he_normal(),
        dtype="float32",
        name="predictions",
    )(x)
    return Model(inputs, logits, name=name)

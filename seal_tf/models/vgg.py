"""VGG-16 with batch normalization."""

from __future__ import annotations

from keras import Input, Model, layers

from seal_tf.models import blocks

#: (channels, convolutions) of each stage.
STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


def vgg16_bn(input_shape: tuple[int, ...], classes: int) -> Model:
    """Build thirteen convolutions and one Dense layer.

    One Dense layer is usual for small images. The network has no skip
    connections; FreezeOut's paper reports no gain for it. Source: Simonyan
    and Zisserman, ICLR 2015.

    Args:
        input_shape: (height, width, channels).
        classes: Number of classes.

    Returns:
        The untrained model.

    Raises:
        ValueError: The images are smaller than 32 pixels, which five
            halvings reduce to nothing.
    """
    if min(input_shape[:2]) < 32:
        raise ValueError(
            "Argument `image_size` must be at least 32 for vgg16_bn. "
            f"Received: images of {input_shape[0]}x{input_shape[1]}"
        )
    inputs = x = Input(input_shape)
    for stage, (width, count) in enumerate(STAGES):
        for i in range(count):
            name = f"block{stage + 1}_conv{i + 1}"
            x = blocks.conv_bn_relu(x, width, 3, 1, name)
        x = layers.MaxPooling2D(2, name=f"block{stage + 1}_pool")(x)
    return blocks.add_classifier(inputs, x, classes, "vgg16_bn")

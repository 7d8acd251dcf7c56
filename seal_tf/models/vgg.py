"""VGG-16 with BatchNormalization (Simonyan and Zisserman, ICLR 2015)."""

from keras import Input, layers

from seal_tf.models import parts

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


def vgg16_bn(input_shape, classes):
    """Thirteen convolutions and, as for small images usual, one Dense layer.

    No skip connections: FreezeOut is known to give nothing here.

    Raises:
        ValueError: images smaller than 32 pixels do not survive five
            halvings.
    """
    if min(input_shape[:2]) < 32:
        raise ValueError(
            f"vgg16_bn cannot take {input_shape[0]}x{input_shape[1]} images: "
            "it needs at least 32x32 pixels; give --image_size=32 or more."
        )
    inputs = x = Input(input_shape)
    for stage, (width, count) in enumerate(STAGES):
        for i in range(count):
            where = f"block{stage + 1}_conv{i + 1}"
            x = parts.conv_bn_relu(x, width, 3, 1, where)
        x = layers.MaxPooling2D(2, name=f"block{stage + 1}_pool")(x)
    return parts.classifier(inputs, x, classes, "vgg16_bn")

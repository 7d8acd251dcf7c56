"""From uint8 to what networks are trained on."""

from __future__ import annotations

import tensorflow as tf

#: Mean and standard deviation of ImageNet's channels, of pixels in [0, 1].
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def normalise(pixels):
    """uint8 images to float32, less mean, by standard deviation.

    ImageNet's mean and deviation for three channels (the recipe of SEAL's
    official code); 0.5 and 0.5 for one.

    Args:
        pixels: uint8 or float [images, height, width, channels], in
            0 … 255.
    """
    color = pixels.shape[-1] == 3
    mean = tf.constant(IMAGENET_MEAN if color else (0.5,))
    std = tf.constant(IMAGENET_STD if color else (0.5,))
    # One multiply and one add a pixel.
    return tf.cast(pixels, tf.float32) * (1 / (255 * std)) - mean / std

"""Normalization of uint8 images to the float32 inputs of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

#: Mean of the ImageNet channels, for pixels in [0, 1].
IMAGENET_MEAN = (0.485, 0.456, 0.406)
#: Standard deviation of the ImageNet channels, for pixels in [0, 1].
IMAGENET_STD = (0.229, 0.224, 0.225)


def channel_statistics(
    channels: int,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of the channels.

    Args:
        channels: Number of channels. Three have those of ImageNet; others
            have 0.5 and 0.5.

    Returns:
        (mean, standard deviation), for pixels in [0, 1].
    """
    if channels == 3:
        return IMAGENET_MEAN, IMAGENET_STD
    return (0.5,), (0.5,)


def normalize(pixels: tf.Tensor | np.ndarray) -> tf.Tensor:
    """Subtract the mean of each channel and divide by its standard deviation.

    Three channels use the mean and standard deviation of ImageNet, as the
    official code of SEAL does. One channel uses 0.5 and 0.5.

    Args:
        pixels: uint8 or float images [images, height, width, channels], with
            values in [0, 255].

    Returns:
        float32 images of the same shape.

    Example:
        >>> import numpy as np
        >>> from pipelines.augmentation.normalize import normalize
        >>> gray = np.array([0, 255], "uint8").reshape(1, 1, 2, 1)
        >>> normalize(gray).numpy().ravel().tolist()
        [-1.0, 1.0]
    """
    import tensorflow as tf

    mean, std = map(tf.constant, channel_statistics(pixels.shape[-1]))
    # This form needs one multiplication and one addition per pixel.
    return tf.cast(pixels, tf.float32) * (1 / (255 * std)) - mean / std

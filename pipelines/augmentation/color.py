"""Color operations: transformations of pixel values, image by image.

The functions take float images [images, height, width, channels] with values
in [0, 255], and return images of the same shape.
"""

from __future__ import annotations

import tensorflow as tf

from pipelines.augmentation.seeds import split_seed, uniform

#: Luma weights of ITU-R BT.601, which Pillow's `convert("L")` uses.
LUMA = (0.299, 0.587, 0.114)


def grayscale(pixels: tf.Tensor) -> tf.Tensor:
    """Replace every channel by the luma.

    Args:
        pixels: float images with one or three channels.

    Returns:
        Images with equal channels.
    """
    if pixels.shape[-1] == 1:
        return pixels
    luma = tf.reduce_sum(pixels * tf.constant(LUMA), axis=-1, keepdims=True)
    return tf.broadcast_to(luma, tf.shape(pixels))


def brightness(pixels: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Change the brightness.

    Args:
        pixels: float images.
        factor: Factor of each image [images]; 0 gives black, 1 the image.

    Returns:
        The changed images.
    """
    return _blend(tf.zeros_like(pixels), pixels, factor)


def contrast(pixels: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Change the contrast.

    Args:
        pixels: float images.
        factor: Factor of each image [images]; 0 gives the mean luma of the
            image, 1 the image.

    Returns:
        The changed images.
    """
    mean = tf.reduce_mean(grayscale(pixels), axis=[1, 2, 3], keepdims=True)
    return _blend(mean + tf.zeros_like(pixels), pixels, factor)


def saturation(pixels: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Change the saturation.

    Args:
        pixels: float images.
        factor: Factor of each image [images]; 0 gives a grayscale image, 1
            the image.

    Returns:
        The changed images.
    """
    return _blend(grayscale(pixels), pixels, factor)


def sharpness(pixels: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Change the sharpness of all pixels except those at the border.

    Args:
        pixels: float images.
        factor: Factor of each image [images]; 0 gives the image smoothed by
            a 3x3 kernel, 1 the image.

    Returns:
        The changed images.
    """
    channels = pixels.shape[-1]
    kernel = tf.constant([[1, 1, 1], [1, 5, 1], [1, 1, 1]], tf.float32) / 13
    kernel = tf.tile(kernel[..., None, None], (1, 1, channels, 1))
    # With "VALID" padding, the result of an empty batch has a wrong size on
    # a CPU.
    smooth = tf.nn.depthwise_conv2d(pixels, kernel, (1, 1, 1, 1), "SAME")
    interior = tf.ones_like(pixels[:1, 1:-1, 1:-1, :1])
    is_interior = tf.pad(interior, [[0, 0], [1, 1], [1, 1], [0, 0]]) > 0
    return _blend(tf.where(is_interior, smooth, pixels), pixels, factor)


def autocontrast(pixels: tf.Tensor) -> tf.Tensor:
    """Stretch the values of each channel to [0, 255].

    Args:
        pixels: float images.

    Returns:
        The changed images. Channels with a single value stay as they are.
    """
    low = tf.reduce_min(pixels, axis=[1, 2], keepdims=True)
    high = tf.reduce_max(pixels, axis=[1, 2], keepdims=True)
    stretched = (pixels - low) * (255 / tf.maximum(high - low, 1.0))
    return tf.where(high > low, stretched, pixels)


def equalize(pixels: tf.Tensor) -> tf.Tensor:
    """Equalize the histogram of each channel.

    Values are rounded to integers. A value v becomes 255 (C(v) - C(min)) /
    (C(max) - C(min)) with the cumulative histogram C.

    Args:
        pixels: float images.

    Returns:
        The changed images. Channels with a single value stay as they are.
    """
    _, height, width, channels = pixels.shape
    size = height * width
    values = tf.cast(tf.clip_by_value(tf.round(pixels), 0.0, 255.0), tf.int32)
    # One row per channel of an image: [images * channels, size].
    rows = tf.reshape(values, (-1, size, channels))
    rows = tf.reshape(tf.transpose(rows, (0, 2, 1)), (-1, size))
    count = tf.shape(rows)[0]
    bins = rows + 256 * tf.range(count)[:, None]
    histogram = tf.math.unsorted_segment_sum(
        tf.ones_like(bins), bins, 256 * count
    )
    histogram = tf.reshape(histogram, (-1, 256))
    cumulative = tf.cumsum(histogram, axis=1)
    # The first positive count belongs to the smallest value of the channel.
    smallest = tf.reduce_min(
        tf.where(cumulative > 0, cumulative, size), 1, keepdims=True
    )
    spread = tf.cast(size - smallest, tf.float32)
    table = tf.cast(cumulative - smallest, tf.float32) * (
        255 / tf.maximum(spread, 1.0)
    )
    equalized = tf.gather(tf.reshape(table, (-1,)), bins)
    equalized = tf.where(spread > 0, equalized, tf.cast(rows, tf.float32))
    equalized = tf.reshape(equalized, (-1, channels, size))
    equalized = tf.transpose(equalized, (0, 2, 1))
    return tf.reshape(equalized, (-1, height, width, channels))


def posterize(pixels: tf.Tensor, bits: tf.Tensor) -> tf.Tensor:
    """Reduce the number of bits of each value.

    Args:
        pixels: float images.
        bits: Number of highest bits to retain for each image [images], in
            [1, 8]. It is rounded.

    Returns:
        The changed images.
    """
    step = tf.pow(2.0, 8 - tf.round(bits))[:, None, None, None]
    return tf.floor(pixels / step) * step


def solarize(pixels: tf.Tensor, threshold: tf.Tensor) -> tf.Tensor:
    """Invert the values at or above a threshold.

    Args:
        pixels: float images.
        threshold: Threshold of each image [images].

    Returns:
        The changed images.
    """
    is_above = pixels >= threshold[:, None, None, None]
    return tf.where(is_above, 255 - pixels, pixels)


def color_jitter(
    pixels: tf.Tensor, strength: float, key: tf.Tensor
) -> tf.Tensor:
    """Change brightness, contrast and saturation by random factors.

    The factors of each image are uniform in [1 - strength, 1 + strength].
    The order of the changes is fixed, because each order would need a graph
    of its own.

    Args:
        pixels: float images.
        strength: Strength in [0, 1]; 0 returns the images as they are.
        key: int32 key [2].

    Returns:
        The changed images.
    """
    if not strength:
        return pixels
    keys = tf.unstack(split_seed(key, 3))
    operations = (brightness, contrast, saturation)
    for operation_key, operation in zip(keys, operations, strict=True):
        shape = (tf.shape(pixels)[0],)
        factor = uniform(operation_key, shape, 1 - strength, 1 + strength)
        pixels = operation(pixels, factor)
    return pixels


def _blend(start: tf.Tensor, end: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Compute start + factor (end - start), clipped, as `Image.blend` does."""
    factor = factor[:, None, None, None]
    return tf.clip_by_value(start + factor * (end - start), 0.0, 255.0)

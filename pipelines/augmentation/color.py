"""Colours: what is done to the values of pixels, image by image.

Every function takes float images [images, height, width, channels] in
0 … 255 and one strength an image, and gives the same back.
"""

from __future__ import annotations

import tensorflow as tf

from pipelines.augmentation.seeds import split_seed, uniform

#: Luma of ITU-R 601, as Pillow's `convert("L")`.
LUMA = (0.299, 0.587, 0.114)


def gray(pixels):
    """Luma, on every channel."""
    if pixels.shape[-1] == 1:
        return pixels
    luma = tf.reduce_sum(pixels * tf.constant(LUMA), axis=-1, keepdims=True)
    return tf.broadcast_to(luma, tf.shape(pixels))


def _blend(start, end, factor):
    """start + factor (end - start), clipped: Pillow's `Image.blend`."""
    factor = factor[:, None, None, None]
    return tf.clip_by_value(start + factor * (end - start), 0.0, 255.0)


def brightness(pixels, factor):
    """0 is black, 1 the image."""
    return _blend(tf.zeros_like(pixels), pixels, factor)


def contrast(pixels, factor):
    """0 is the mean luma, 1 the image."""
    mean = tf.reduce_mean(gray(pixels), axis=[1, 2, 3], keepdims=True)
    return _blend(mean + tf.zeros_like(pixels), pixels, factor)


def saturation(pixels, factor):
    """0 is gray, 1 the image."""
    return _blend(gray(pixels), pixels, factor)


def sharpness(pixels, factor):
    """0 is smoothed by a 3x3 kernel, 1 the image; edges are left alone."""
    channels = pixels.shape[-1]
    kernel = tf.constant([[1, 1, 1], [1, 5, 1], [1, 1, 1]], tf.float32) / 13
    kernel = tf.tile(kernel[..., None, None], (1, 1, channels, 1))
    # Not "VALID": of no images that is, on a CPU, of the wrong size.
    smooth = tf.nn.depthwise_conv2d(pixels, kernel, (1, 1, 1, 1), "SAME")
    inner = tf.ones_like(pixels[:1, 1:-1, 1:-1, :1])
    inside = tf.pad(inner, [[0, 0], [1, 1], [1, 1], [0, 0]]) > 0
    return _blend(tf.where(inside, smooth, pixels), pixels, factor)


def autocontrast(pixels):
    """Each channel stretched to 0 … 255."""
    low = tf.reduce_min(pixels, axis=[1, 2], keepdims=True)
    high = tf.reduce_max(pixels, axis=[1, 2], keepdims=True)
    stretched = (pixels - low) * (255 / tf.maximum(high - low, 1.0))
    return tf.where(high > low, stretched, pixels)


def equalize(pixels):
    """Each channel's values made uniform, by how many are at most as large.

    Values are rounded to whole numbers first.
    """
    _, height, width, channels = pixels.shape
    size = height * width
    values = tf.cast(tf.clip_by_value(tf.round(pixels), 0.0, 255.0), tf.int32)
    # Rows are channels of images: [images * channels, size].
    rows = tf.reshape(values, (-1, size, channels))
    rows = tf.reshape(tf.transpose(rows, (0, 2, 1)), (-1, size))
    count = tf.shape(rows)[0]
    places = rows + 256 * tf.range(count)[:, None]
    histogram = tf.math.unsorted_segment_sum(
        tf.ones_like(places), places, 256 * count
    )
    histogram = tf.reshape(histogram, (-1, 256))
    rank = tf.cumsum(histogram, axis=1)
    # Of the least value that occurs: the first rank that is not zero.
    least = tf.reduce_min(tf.where(rank > 0, rank, size), 1, keepdims=True)
    spread = tf.cast(size - least, tf.float32)
    table = tf.cast(rank - least, tf.float32) * (255 / tf.maximum(spread, 1.0))
    made = tf.gather(tf.reshape(table, (-1,)), places)
    made = tf.where(spread > 0, made, tf.cast(rows, tf.float32))
    made = tf.reshape(made, (-1, channels, size))
    made = tf.transpose(made, (0, 2, 1))
    return tf.reshape(made, (-1, height, width, channels))


def posterize(pixels, bits):
    """Keeps the highest bits, 1 … 8 of them."""
    step = tf.pow(2.0, 8 - tf.round(bits))[:, None, None, None]
    return tf.floor(pixels / step) * step


def solarize(pixels, threshold):
    """Inverts what is at or above a threshold."""
    above = pixels >= threshold[:, None, None, None]
    return tf.where(above, 255 - pixels, pixels)


def jitter(pixels, strength: float, key):
    """Brightness, contrast and saturation, each by a factor of its own.

    In this order (random orders would be other graphs); factors uniform in
    1 - strength … 1 + strength.

    Args:
        pixels: float [images, height, width, channels], in 0 … 255.
        strength: In 0 … 1; 0 changes nothing.
        key: int32 [2].
    """
    if not strength:
        return pixels
    keys = split_seed(key, 3)
    for seed, change in zip(
        tf.unstack(keys), (brightness, contrast, saturation), strict=True
    ):
        shape = (tf.shape(pixels)[0],)
        pixels = change(
            pixels, uniform(seed, shape, 1 - strength, 1 + strength)
        )
    return pixels

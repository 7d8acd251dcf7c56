"""Helpers that keep tf.data pipelines from copying the images."""

from __future__ import annotations

import tensorflow as tf

from pipelines.images import Images
from pipelines.io.memory import ALIGNMENT, aligned_empty


def host_tensors(images: Images) -> tuple[tf.Tensor, tf.Tensor]:
    """Convert images to tensors in host memory, without copying the pixels.

    The pixels are copied only if their memory is not aligned or not
    writable.

    Args:
        images: The images.

    Returns:
        The uint8 pixels [images, height, width, channels] and the int32
        labels [images].
    """
    pixels = images.pixels
    if pixels.ctypes.data % ALIGNMENT or not pixels.flags.writeable:
        aligned = aligned_empty(pixels.shape)
        aligned[:] = pixels
        pixels = aligned
    # A pipeline captures these tensors by reference. A constant of the graph
    # would be a copy.
    with tf.device("CPU"):
        return (
            tf.experimental.dlpack.from_dlpack(pixels.__dlpack__()),
            tf.convert_to_tensor(images.labels),
        )


def disable_graph_rewrites(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Disable the graph rewrites of tf.data, which copy captured tensors.

    Args:
        dataset: The data set.

    Returns:
        The data set without the default optimizations.
    """
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    return dataset.with_options(options)

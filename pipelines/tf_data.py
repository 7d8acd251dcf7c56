"""Tensors and options of the tf.data pipelines."""

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


def set_options(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Set the options that pipelines of images in memory need.

    Args:
        dataset: The data set.

    Returns:
        The data set without graph rewrites, which would copy captured tensors
        (all images), and without autotuning.
    """
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    return disable_autotuning(dataset.with_options(options))


def disable_autotuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Disable autotuning, so that deleting an iterator does not wait.

    The deletion joins the iterator's autotuning thread, which sleeps for up
    to 60 s. TensorFlow 2.21 wakes it before it can see why, so on a busy core
    it often sleeps on.

    Args:
        dataset: The data set.

    Returns:
        The data set. `tf.data.AUTOTUNE` as a number of parallel calls is one
        for each thread of TensorFlow, at most 16.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)

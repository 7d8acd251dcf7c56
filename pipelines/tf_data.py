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


def disable_rewrites_and_autotuning(
    dataset: tf.data.Dataset,
) -> tf.data.Dataset:
    """Disable what is harmful to pipelines of images in memory.

    Graph rewrites copy captured tensors: all images. See also
    `disable_autotuning`.

    Args:
        dataset: The data set.

    Returns:
        The data set with these options.
    """
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    return disable_autotuning(dataset.with_options(options))


def disable_autotuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Disable autotuning, so that deleting an iterator does not wait.

    The deletion joins the iterator's autotuning thread. On a busy machine,
    TensorFlow 2.21 often fails to wake it, and it sleeps for up to 60 s.

    Args:
        dataset: The data set.

    Returns:
        The data set. `tf.data.AUTOTUNE` as a number of parallel calls is one
        for each thread of TensorFlow, at most 16.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)

"""Batches for fit: shuffled, augmented, keyed by (seed, epoch, step)."""

from __future__ import annotations

import math

import tensorflow as tf

from pipelines import augment
from pipelines.cache import ALIGNMENT, aligned
from pipelines.images import Images


def steps_per_epoch(count: int, batch_size: int) -> int:
    """The last partial batch is kept, as in the reference."""
    return math.ceil(count / batch_size)


def training_batches(
    images: Images,
    batch_size: int,
    *,
    seed: int,
    epochs: int,
    first_epoch: int = 0,
    crop_padding: int = 4,
    flip: bool = True,
) -> tf.data.Dataset:
    """All batches of a run, one epoch after the other, in one data set.

    Give fit `steps_per_epoch(len(images), batch_size)` beside it. The order
    of epoch e and the augmentation of its step i depend on (seed, e, i)
    alone, so a run that starts at a later epoch sees what it would have
    seen. The last, partial batch of an epoch is kept.

    Args:
        images: The training images, held in memory as uint8.
        batch_size: Images of a batch.
        seed: Seed of order and augmentation.
        epochs: Epochs of the run.
        first_epoch: Epoch to start at.
        crop_padding: Zeros around an image before the random crop, in
            pixels.
        flip: Whether to mirror half of the images.

    Returns:
        A data set of (float32 images, normalised; float32 one-hot labels).
    """
    pixels, labels = _on_host(images)
    count, classes = len(images), len(images.class_names)
    order_seed = tf.constant([seed, 1], tf.int32)

    def batches_of(epoch):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(count), tf.random.fold_in(order_seed, epoch)
        )
        batches = tf.data.Dataset.from_tensor_slices(order).batch(batch_size)
        return batches.enumerate().map(lambda i, chosen: (epoch, i, chosen))

    @tf.function(jit_compile=True)
    def augmented(batch, key):
        keys = augment.split_seed(key)
        batch = augment.random_crop(batch, crop_padding, keys[0])
        if flip:
            batch = augment.random_flip(batch, keys[1])
        return augment.normalise(batch)

    def batch_of(epoch, step, chosen):
        key = augment.step_seed(seed, epoch, step)
        # XLA wants the size of a batch: there are two, full and last.
        return tuple(
            tf.ensure_shape(value, (None, *value.shape[1:]))
            for value in (
                _by_size(chosen, count, batch_size, pixels, augmented, key),
                tf.one_hot(tf.gather(labels, chosen), classes),
            )
        )

    return _without_copies(
        tf.data.Dataset.range(first_epoch, epochs)
        .flat_map(batches_of)
        .map(batch_of, tf.data.AUTOTUNE, deterministic=True)
        .prefetch(tf.data.AUTOTUNE)
    )


def _by_size(chosen, count, batch_size, pixels, augmented, key):
    """Augments a batch of a static size: the full one or the last."""

    def of(size):
        batch = tf.gather(pixels, tf.ensure_shape(chosen, (size,)))
        return augmented(batch, key)

    full, last = min(batch_size, count), count % batch_size
    if count <= batch_size or not last:
        return of(full)
    return tf.cond(
        tf.shape(chosen)[0] == full, lambda: of(full), lambda: of(last)
    )


def evaluation_batches(images: Images, batch_size: int) -> tf.data.Dataset:
    """The images in order, normalised, with one-hot labels."""
    pixels, labels = _on_host(images)
    classes = len(images.class_names)

    def prepared(chosen):
        return (
            augment.normalise(tf.gather(pixels, chosen)),
            tf.one_hot(tf.gather(labels, chosen), classes),
        )

    return _without_copies(
        tf.data.Dataset.range(len(images))
        .batch(batch_size)
        .map(prepared, tf.data.AUTOTUNE, deterministic=True)
        .prefetch(tf.data.AUTOTUNE)
    )


def _on_host(images):
    """Pixels and labels as tensors; the pixels are not copied."""
    pixels = images.pixels
    if pixels.ctypes.data % ALIGNMENT or not pixels.flags.writeable:
        kept = aligned(pixels.shape)
        kept[:] = pixels
        pixels = kept
    # Captured by reference: a constant of the graph would be a copy.
    with tf.device("CPU"):
        return (
            tf.experimental.dlpack.from_dlpack(pixels.__dlpack__()),
            tf.convert_to_tensor(images.labels),
        )


def _without_copies(batches):
    """tf.data's rewriting of the graph would copy what it captures."""
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    return batches.with_options(options)

"""Batches for fit: shuffled, augmented, keyed by (seed, epoch, step)."""

from __future__ import annotations

import math

import tensorflow as tf

from pipelines.augmentation.normalise import normalise
from pipelines.augmentation.recipe import Recipe
from pipelines.augmentation.seeds import step_seed
from pipelines.cache import ALIGNMENT, aligned
from pipelines.errors import DataError
from pipelines.images import Images

LABELS = ("one_hot", "integer")


def steps_per_epoch(
    count: int, batch_size: int, drop_remainder: bool = False
) -> int:
    """The last partial batch is kept, as in the reference, or dropped."""
    if drop_remainder:
        return count // batch_size
    return math.ceil(count / batch_size)


def training_batches(
    images: Images,
    batch_size: int,
    *,
    seed: int,
    epochs: int,
    first_epoch: int = 0,
    first_step: int = 0,
    recipe: Recipe | None = None,
    labels: str = "one_hot",
    class_weight: dict[int, float] | None = None,
    drop_remainder: bool = False,
    on_device: bool = False,
) -> tf.data.Dataset:
    """All batches of a run, one epoch after the other, in one data set.

    Give fit `steps_per_epoch(…)` beside it. The order of epoch e and the
    augmentation of its step i depend on (seed, e, i) alone, so a run that
    starts at a later epoch sees what it would have seen.

    Args:
        images: The training images, held in memory as uint8.
        batch_size: Images of a batch.
        seed: Seed of order and augmentation.
        epochs: Epochs of the run.
        first_epoch: Epoch to start at.
        first_step: Step of that epoch to start at.
        recipe: The augmentation; None: the papers'.
        labels: "one_hot" or "integer".
        class_weight: Weight of each class' images, by label; given as a
            third part of each batch.
        drop_remainder: Whether to leave out the last, partial batch of an
            epoch.
        on_device: Give uint8 images and the key of the step, for
            `augment_on_device` inside the compiled step.

    Returns:
        A data set of (float32 images, normalised; labels[; weights]);
        on_device: of ((uint8 images, key); labels[; weights]). Its
        cardinality is known, but where it starts within an epoch: fit would
        take the steps that are missing off the run's end.

    Raises:
        DataError: labels are mixed, and integers; or no batch is whole.
    """
    recipe = recipe or Recipe()
    _check_labels(labels, recipe)
    count, classes = len(images), len(images.class_names)
    steps = steps_per_epoch(count, batch_size, drop_remainder)
    if not steps:
        raise DataError(
            f"{images.name}: {count} images make no whole batch of "
            f"{batch_size}: give a smaller --batch_size, or keep the "
            "remainder."
        )
    pixels, truth = on_host(images)
    order_seed = tf.constant([seed, 1], tf.int32)

    skipped = tf.constant(first_step, tf.int64)

    def batches_of(epoch):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(count), tf.random.fold_in(order_seed, epoch)
        )
        batches = tf.data.Dataset.from_tensor_slices(order).batch(
            batch_size, drop_remainder=drop_remainder
        )
        done = tf.where(epoch == first_epoch, skipped, tf.constant(0, tf.int64))
        return (
            batches.enumerate()
            .skip(done)
            .map(lambda i, chosen: (epoch, i, chosen))
        )

    augmented = _compiled(recipe)

    def batch_of(epoch, step, chosen):
        key = step_seed(seed, epoch, step)
        mine = tf.gather(truth, chosen)
        target = tf.one_hot(mine, classes)
        if on_device:
            x = (tf.gather(pixels, chosen), key)
        else:
            # XLA wants the size of a batch: there are two, full and last.
            x, target = _by_size(
                chosen,
                target,
                count,
                batch_size,
                drop_remainder,
                pixels,
                augmented,
                key,
            )
        if labels == "integer":
            target = mine
        if class_weight is None:
            return x, target
        return x, target, tf.gather(_weights(class_weight, classes), mine)

    batches = (
        tf.data.Dataset.range(first_epoch, epochs)
        .flat_map(batches_of)
        .map(batch_of, tf.data.AUTOTUNE, deterministic=True)
    )
    if not first_step:
        total = steps * (epochs - first_epoch)
        batches = batches.apply(tf.data.experimental.assert_cardinality(total))
    return without_copies(batches.prefetch(tf.data.AUTOTUNE))


def augment_on_device(recipe: Recipe, xla: bool = True):
    """What a train step does to a batch of `on_device` before all else.

    The same numbers for the same seed as in the pipeline.

    Args:
        recipe: The augmentation.
        xla: Whether the step is compiled by XLA.

    Returns:
        A function of ((uint8 images, key), one-hot labels, …) to (float32
        images, labels, …).
    """

    def prepare(data):
        (pixels, key), target, *more = data
        return (*recipe.apply(pixels, target, key, xla=xla), *more)

    return prepare


def _check_labels(labels, recipe):
    if labels not in LABELS:
        raise DataError(f"labels={labels!r}: there are {', '.join(LABELS)}.")
    if labels == "integer" and (recipe.mixup_alpha or recipe.cutmix_alpha):
        raise DataError(
            "MixUp and CutMix mix labels too: they need one-hot ones."
        )


def _weights(class_weight, classes):
    return tf.constant(
        [float(class_weight.get(label, 1.0)) for label in range(classes)]
    )


def _compiled(recipe):
    """The recipe as XLA has it; RandAugment is cheaper as a plain graph."""
    xla = not recipe.randaugment

    @tf.function(jit_compile=xla)
    def augmented(batch, target, key):
        return recipe.apply(batch, target, key, xla=xla)

    return augmented


def _by_size(
    chosen, target, count, batch_size, drop_remainder, pixels, augmented, key
):
    """Augments a batch of a static size: the full one or the last."""

    def of(size):
        batch = tf.gather(pixels, tf.ensure_shape(chosen, (size,)))
        wanted = tf.ensure_shape(target, (size, target.shape[1]))
        return augmented(batch, wanted, key)

    full, last = min(batch_size, count), count % batch_size
    if count <= batch_size or not last or drop_remainder:
        found = of(full)
    else:
        found = tf.cond(
            tf.shape(chosen)[0] == full, lambda: of(full), lambda: of(last)
        )
    size = full if drop_remainder else None
    return tuple(tf.ensure_shape(v, (size, *v.shape[1:])) for v in found)


def evaluation_batches(
    images: Images, batch_size: int, *, labels: str = "one_hot"
) -> tf.data.Dataset:
    """The images in order, normalised, with their labels.

    Args:
        images: The images.
        batch_size: Images of a batch.
        labels: "one_hot" or "integer".
    """
    _check_labels(labels, Recipe())
    pixels, truth = on_host(images)
    classes = len(images.class_names)

    def prepared(chosen):
        mine = tf.gather(truth, chosen)
        return (
            normalise(tf.gather(pixels, chosen)),
            mine if labels == "integer" else tf.one_hot(mine, classes),
        )

    return without_copies(
        tf.data.Dataset.range(len(images))
        .batch(batch_size)
        .map(prepared, tf.data.AUTOTUNE, deterministic=True)
        .prefetch(tf.data.AUTOTUNE)
    )


def on_host(images):
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


def without_copies(batches):
    """tf.data's rewriting of the graph would copy what it captures."""
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    return batches.with_options(options)

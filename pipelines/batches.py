"""Batches for training and evaluation, as `tf.data.Dataset`.

The order and the augmentation of training batches depend only on (seed,
epoch, step). `pipelines.numpy_batches` makes the same batches without
TensorFlow, which this module imports when it makes batches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.augmentation.normalize import normalize
from pipelines.augmentation.recipe import Recipe
from pipelines.errors import DataError
from pipelines.images import Images

if TYPE_CHECKING:
    import tensorflow as tf

#: Accepted formats of labels.
LABEL_FORMATS = ("one_hot", "integer")
#: Finished batches that wait for the model.
_PREFETCHED = 2
#: Largest seed: keys of random numbers have 31 bits.
MAX_SEED = 2**31 - 1


def steps_per_epoch(
    image_count: int,
    batch_size: int,
    drop_remainder: bool = False,
    repeat_augment: int = 1,
) -> int:
    """Compute the number of batches in an epoch.

    Args:
        image_count: Number of training images.
        batch_size: Number of images in a batch.
        drop_remainder: Whether the last, partial batch is dropped. Defaults
            to False.
        repeat_augment: Number of augmentations of each image in a batch; see
            `training_batches`. Defaults to 1.

    Returns:
        The number of batches.

    Raises:
        DataError: `batch_size` is below 1, it is not a multiple of
            `repeat_augment`, or no batch is full and `drop_remainder` is
            True.

    Example:
        >>> from pipelines.batches import steps_per_epoch
        >>> steps_per_epoch(22, 8), steps_per_epoch(22, 8, drop_remainder=True)
        (3, 2)
    """
    check_batch_size(batch_size)
    distinct = _distinct_images(batch_size, repeat_augment)
    if drop_remainder:
        if distinct > image_count:
            raise DataError(
                "Argument `batch_size` must be at most "
                f"{image_count * repeat_augment:,}, the "
                "number of training images, or `drop_remainder` must be "
                f"False. Received: batch_size={batch_size}, "
                "drop_remainder=True."
            )
        return image_count // distinct
    return math.ceil(image_count / distinct)


def _distinct_images(batch_size: int, repeat_augment: int) -> int:
    """The number of different images in a batch."""
    if repeat_augment < 1 or batch_size % repeat_augment:
        raise DataError(
            "Argument `batch_size` must be a multiple of `repeat_augment`, "
            f"which must be at least 1. Received: batch_size={batch_size}, "
            f"repeat_augment={repeat_augment}."
        )
    return batch_size // repeat_augment


def training_batches(  # noqa: PLR0913  public keyword arguments
    images: Images,
    batch_size: int,
    *,
    seed: int,
    epochs: int,
    first_epoch: int = 0,
    first_step: int = 0,
    recipe: Recipe | None = None,
    labels: str = "one_hot",
    class_weight: Mapping[int, float] | None = None,
    drop_remainder: bool = False,
    on_device: bool = False,
    repeat_augment: int = 1,
) -> tf.data.Dataset:
    """Create shuffled and augmented batches of all epochs of a training run.

    The order of an epoch depends on (seed, epoch) only, and the augmentation
    of a batch on (seed, epoch, step) only. A run that resumes at a later
    epoch or step therefore gets the same batches. Pass
    `steps_per_epoch(...)` to `fit` in addition to the data set.

    Args:
        images: The training images.
        batch_size: Number of images in a batch.
        seed: Seed of the order and the augmentation, at least 0.
        epochs: Number of epochs of the run.
        first_epoch: Epoch of the first batch. Defaults to 0.
        first_step: Step of the first batch within `first_epoch`. Defaults
            to 0.
        recipe: Augmentation. Defaults to None: `Recipe()`, the crop and flip
            of the SEAL paper.
        labels: "one_hot" for float32 labels [images, classes], or "integer"
            for int32 labels [images]. Defaults to "one_hot".
        class_weight: Weight of the images of each class, by label; missing
            labels have weight 1. Defaults to None: batches have no weights.
        drop_remainder: Whether to drop the last, partial batch of an epoch.
            Defaults to False.
        on_device: Whether the train step augments the batches with
            `augment_on_device`. Defaults to False.
        repeat_augment: Number of times R that each image is in its batch,
            with an augmentation of its own each time. A batch then has
            `batch_size / R` different images, and an epoch R times as many
            steps: batch augmentation (Hoffer et al., "Augment your batch",
            CVPR 2020; its batch of B images and R augmentations is a
            `batch_size` of B * R here). Defaults to 1.

    Returns:
        A data set of (images, labels) or (images, labels, weights), with
        normalized float32 images [images, height, width, channels]. If
        `on_device` is True, (uint8 images, int32 key [2]) takes the place of
        the images. The cardinality is known unless `first_step` is positive:
        `fit` would take the missing steps from the end of the run.

    Raises:
        DataError: `labels` is not a label format, `recipe` mixes integer
            labels, or `batch_size` is below 1, not a multiple of
            `repeat_augment`, or larger than the number of images although
            `drop_remainder` is True.

    Example:
        >>> import pipelines
        >>> images = pipelines.read("digits", "train", images_per_class=10)
        >>> batches = pipelines.training_batches(images, 40, seed=0, epochs=2)
        >>> [len(y) for x, y in batches]
        [40, 40, 20, 40, 40, 20]
    """
    import tensorflow as tf

    from pipelines.augmentation.seeds import step_seed
    from pipelines.tf_data import disable_rewrites_and_autotuning, host_tensors

    recipe = recipe or Recipe()
    check_labels(labels, recipe)
    check_seed(seed)
    count, class_count = len(images), len(images.class_names)
    steps = steps_per_epoch(count, batch_size, drop_remainder, repeat_augment)
    distinct = batch_size // repeat_augment
    pixels, label_indices = host_tensors(images)
    order_seed = tf.constant([seed, 1], tf.int32)
    skipped_steps = tf.constant(first_step, tf.int64)
    no_steps = tf.constant(0, tf.int64)

    def epoch_indices(epoch: tf.Tensor) -> tf.data.Dataset:
        """Create the data set of (epoch, step, image indices)."""
        order = tf.random.experimental.stateless_shuffle(
            tf.range(count), tf.random.fold_in(order_seed, epoch)
        )
        batches = tf.data.Dataset.from_tensor_slices(order).batch(
            distinct, drop_remainder=drop_remainder
        )
        skipped = tf.where(epoch == first_epoch, skipped_steps, no_steps)
        return (
            batches.enumerate()
            .skip(skipped)
            .map(lambda step, indices: (epoch, step, indices))
        )

    partial = 0 if drop_remainder else count % distinct
    gather_and_augment = _create_augmentation(
        recipe,
        pixels,
        min(distinct, count) * repeat_augment,
        partial * repeat_augment if count > distinct else 0,
        drop_remainder,
    )

    def batch(
        epoch: tf.Tensor, step: tf.Tensor, indices: tf.Tensor
    ) -> tuple[Any, ...]:
        key = step_seed(seed, epoch, step)
        # One copy of the batch after another, so that shards for replicas
        # have few copies of one image.
        indices = tf.tile(indices, [repeat_augment])
        integers = tf.gather(label_indices, indices)
        y = tf.one_hot(integers, class_count)
        if on_device:
            x = (tf.gather(pixels, indices), key)
        else:
            x, y = gather_and_augment(indices, y, key)
        if labels == "integer":
            y = integers
        if class_weight is None:
            return x, y
        weights = tf.constant(class_weights(class_weight, class_count))
        return x, y, tf.gather(weights, integers)

    dataset = (
        tf.data.Dataset.range(first_epoch, epochs)
        .flat_map(epoch_indices)
        .map(batch, tf.data.AUTOTUNE, deterministic=True)
    )
    if not first_step:
        dataset = dataset.apply(
            tf.data.experimental.assert_cardinality(
                steps * (epochs - first_epoch)
            )
        )
    return disable_rewrites_and_autotuning(dataset.prefetch(_PREFETCHED))


def evaluation_batches(
    images: Images, batch_size: int, *, labels: str = "one_hot"
) -> tf.data.Dataset:
    """Create normalized batches of all images, in order.

    Args:
        images: The images.
        batch_size: Number of images in a batch.
        labels: "one_hot" for float32 labels [images, classes], or "integer"
            for int32 labels [images]. Defaults to "one_hot".

    Returns:
        A data set of (float32 images [images, height, width, channels],
        labels). The last batch may be partial.

    Raises:
        DataError: `labels` is not a label format, or `batch_size` is below 1.

    Example:
        >>> import pipelines
        >>> images = pipelines.read("digits", "validation")
        >>> len(pipelines.evaluation_batches(images, 100))
        4
    """
    import tensorflow as tf

    from pipelines.tf_data import disable_rewrites_and_autotuning, host_tensors

    check_batch_size(batch_size)
    check_labels(labels)
    pixels, label_indices = host_tensors(images)
    class_count = len(images.class_names)

    def batch(indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        integers = tf.gather(label_indices, indices)
        return (
            normalize(tf.gather(pixels, indices)),
            integers
            if labels == "integer"
            else tf.one_hot(integers, class_count),
        )

    return disable_rewrites_and_autotuning(
        tf.data.Dataset.range(len(images))
        .batch(batch_size)
        .map(batch, tf.data.AUTOTUNE, deterministic=True)
        .prefetch(_PREFETCHED)
    )


def augment_on_device(
    recipe: Recipe, xla: bool = True
) -> Callable[[Any], tuple[Any, ...]]:
    """Create the function by which a train step augments its batch.

    The augmented values are the same as in the pipeline for the same seed.

    Args:
        recipe: Augmentation.
        xla: Whether XLA compiles the train step. Defaults to True.

    Returns:
        A function from ((uint8 images, key), one-hot labels, ...), an
        element of `training_batches(..., on_device=True)`, to (normalized
        float32 images, labels, ...).

    Example:
        >>> import pipelines
        >>> from pipelines.augmentation.recipe import Recipe
        >>> from pipelines.batches import augment_on_device
        >>> images = pipelines.read("digits", "train", images_per_class=2)
        >>> batches = pipelines.training_batches(
        ...     images, 20, seed=0, epochs=1, on_device=True
        ... )
        >>> augment = augment_on_device(Recipe())
        >>> x, y = augment(next(iter(batches)))
        >>> x.shape, y.shape
        (TensorShape([20, 8, 8, 1]), TensorShape([20, 10]))
    """

    def augment(data: Any) -> tuple[Any, ...]:
        (pixels, key), labels, *weights = data
        return (*recipe.apply(pixels, labels, key, xla=xla), *weights)

    return augment


def check_batch_size(batch_size: int) -> None:
    """Check a batch size.

    Args:
        batch_size: Number of images in a batch.

    Raises:
        DataError: `batch_size` is below 1.
    """
    if batch_size < 1:
        raise DataError(
            "Argument `batch_size` must be at least 1. Received: "
            f"batch_size={batch_size}."
        )


def check_seed(seed: int) -> None:
    """Check the seed of the order and the augmentation.

    Args:
        seed: The seed.

    Raises:
        DataError: It is not from 0 to `MAX_SEED`.
    """
    if not 0 <= seed <= MAX_SEED:
        raise DataError(
            f"Argument `seed` must be from 0 to {MAX_SEED}. Received: "
            f"seed={seed}."
        )


def check_labels(labels: str, recipe: Recipe | None = None) -> None:
    """Check a label format.

    Args:
        labels: Format of the labels.
        recipe: Augmentation of the images. Defaults to None: no
            augmentation.

    Raises:
        DataError: `labels` is not one of `LABEL_FORMATS`, or `recipe` mixes
            integer labels.
    """
    if labels not in LABEL_FORMATS:
        raise DataError(
            f"Argument `labels` must be one of {', '.join(LABEL_FORMATS)}. "
            f"Received: labels={labels!r}."
        )
    if recipe is None:
        return
    if labels == "integer" and (recipe.mixup_alpha or recipe.cutmix_alpha):
        raise DataError(
            "Argument `labels` must be 'one_hot' if `mixup_alpha` or "
            "`cutmix_alpha` is positive: MixUp and CutMix need one-hot "
            f"labels. Received: labels={labels!r}."
        )


def class_weights(
    class_weight: Mapping[int, float], class_count: int
) -> np.ndarray:
    """Return the weight of each class, 1 where none is given.

    Args:
        class_weight: Weight of the images of a class, by label.
        class_count: Number of classes.

    Returns:
        float32 [classes].
    """
    weights = [class_weight.get(label, 1.0) for label in range(class_count)]
    return np.array(weights, np.float32)


def _create_augmentation(
    recipe: Recipe,
    pixels: tf.Tensor,
    full: int,
    partial: int,
    static: bool,
) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """Create the function that gathers and augments a batch.

    XLA compiles a static batch size. An epoch has two: full and partial.

    Args:
        recipe: Augmentation.
        pixels: All images.
        full: Size of a full batch.
        partial: Size of the last batch if it is smaller, else 0.
        static: Whether the result has a static batch size.
    """
    import tensorflow as tf

    # RandAugment is cheaper without XLA; see `randaugment`.
    xla = not recipe.randaugment

    @tf.function(jit_compile=xla)
    def augment(
        batch: tf.Tensor, labels: tf.Tensor, key: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        return recipe.apply(batch, labels, key, xla=xla)

    def gather_and_augment(
        indices: tf.Tensor, labels: tf.Tensor, key: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        def augment_static(size: int) -> tuple[tf.Tensor, tf.Tensor]:
            batch = tf.gather(pixels, tf.ensure_shape(indices, (size,)))
            static_labels = tf.ensure_shape(labels, (size, labels.shape[1]))
            return augment(batch, static_labels, key)

        if not partial:
            x, y = augment_static(full)
        else:
            x, y = tf.cond(
                tf.shape(indices)[0] == full,
                lambda: augment_static(full),
                lambda: augment_static(partial),
            )
        size = full if static else None
        return (
            tf.ensure_shape(x, (size, *x.shape[1:])),
            tf.ensure_shape(y, (size, *y.shape[1:])),
        )

    return gather_and_augment

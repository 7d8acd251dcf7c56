"""Loading of a data set's split as a `tf.data.Dataset`."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pipelines.augmentation.recipe import Recipe
from pipelines.batches import (
    check_batch_size,
    check_labels,
    evaluation_batches,
    training_batches,
)
from pipelines.images import Images
from pipelines.reader import read
from pipelines.tf_data import disable_rewrites_and_autotuning, host_tensors


def load(  # noqa: PLR0913  public keyword arguments
    name: str,
    split: str = "train",
    *,
    batch_size: int | None = None,
    seed: int = 0,
    epochs: int = 1,
    recipe: Recipe | None = None,
    labels: str | None = None,
    drop_remainder: bool = False,
    **read_arguments: Any,
) -> tf.data.Dataset:
    """Load a split of a data set as a `tf.data.Dataset`.

    Args:
        name: One of `pipelines.DATA_SET_NAMES`.
        split: "train" or "validation". Defaults to "train".
        batch_size: Number of images in a batch. Batches are normalized
            float32 images, and those of the training split are shuffled and
            augmented. Defaults to None: single uint8 images in order.
        seed: Seed of the order and the augmentation, at least 0. Defaults
            to 0.
        epochs: Number of consecutive epochs of training batches. Defaults
            to 1.
        recipe: Augmentation of training batches. Defaults to None:
            `Recipe()`.
        labels: "one_hot" for float32 labels [classes] or "integer" for int32
            labels. Defaults to None: "one_hot" for batches and "integer" for
            single images.
        drop_remainder: Whether to drop partial training batches. Defaults to
            False.
        **read_arguments: Arguments of `pipelines.read`, such as `data_dir`
            and `image_size`.

    Returns:
        A data set of (images, labels) with known cardinality and element
        spec. Its attribute `class_names` has the class names in the order of
        the labels.

    Raises:
        DataError: An argument or the data cannot be used.

    Example:
        >>> import pipelines
        >>> train = pipelines.load("digits", "train", batch_size=32, epochs=3)
        >>> train.element_spec[0].shape
        TensorShape([None, 8, 8, 1])
    """
    if labels is None:
        labels = "integer" if batch_size is None else "one_hot"
    # Reading may take minutes, so errors come first.
    is_augmented = batch_size is not None and split == "train"
    check_labels(labels, (recipe or Recipe()) if is_augmented else None)
    if batch_size is not None:
        check_batch_size(batch_size)
    images = read(name, split, **read_arguments)
    if batch_size is None:
        dataset = _single_images(images, labels)
    elif split == "train":
        dataset = training_batches(
            images,
            batch_size,
            seed=seed,
            epochs=epochs,
            recipe=recipe,
            labels=labels,
            drop_remainder=drop_remainder,
        )
    else:
        dataset = evaluation_batches(images, batch_size, labels=labels)
    dataset.class_names = images.class_names
    return dataset


def _single_images(images: Images, labels: str) -> tf.data.Dataset:
    pixels, label_indices = host_tensors(images)
    class_count = len(images.class_names)

    def example(index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        label = label_indices[index]
        if labels == "one_hot":
            label = tf.one_hot(label, class_count)
        return pixels[index], label

    return disable_rewrites_and_autotuning(
        tf.data.Dataset.range(len(images)).map(
            example, tf.data.AUTOTUNE, deterministic=True
        )
    )

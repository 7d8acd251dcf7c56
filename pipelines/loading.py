"""One call from a name to a `tf.data.Dataset`."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from pipelines import batches
from pipelines.reading import read


def load(
    name: str,
    split: str = "train",
    *,
    batch_size: Any = None,
    seed: int = 0,
    epochs: int = 1,
    recipe: Any = None,
    labels: Any = None,
    drop_remainder: Any = False,
    **reading: Any,
) -> Any:
    """A split of a data set as a `tf.data.Dataset`.

    Its cardinality and element spec are known, and `class_names` are an
    attribute of it, in the order of the labels.

    Args:
        name: One of `pipelines.NAMES`.
        split: "train" or "validation".
        batch_size: None: single uint8 images with integer labels, in order,
            as they are. A number: float32 batches, normalised; of the
            training split shuffled and augmented.
        seed: Seed of order and augmentation.
        epochs: Epochs of training batches, one after the other.
        recipe: See `pipelines.training_batches`.
        labels: "one_hot" or "integer"; None: one-hot in batches, integers
            of single images.
        drop_remainder: Whether to leave out partial training batches.
        **reading: What `pipelines.read` takes: `data_dir`, `image_size`, ….

    Raises:
        DataError: in one line, what is wrong and where.

    Examples:
        >>> train = pipelines.load("digits", "train", batch_size=32, epochs=3)
        >>> model.fit(train)
    """
    images = read(name, split, **reading)
    if batch_size is None:
        found = _singles(images, labels or "integer")
    elif split == "train":
        found = batches.training_batches(
            images,
            batch_size,
            seed=seed,
            epochs=epochs,
            recipe=recipe,
            labels=labels or "one_hot",
            drop_remainder=drop_remainder,
        )
    else:
        found = batches.evaluation_batches(
            images, batch_size, labels=labels or "one_hot"
        )
    found.class_names = images.class_names
    return found


def _singles(images: Any, labels: Any) -> Any:
    pixels, truth = batches.on_host(images)
    classes = len(images.class_names)

    def one(i: Any) -> Any:
        label = truth[i]
        if labels == "one_hot":
            label = tf.one_hot(label, classes)
        return pixels[i], label

    return batches.without_copies(
        tf.data.Dataset.range(len(images)).map(
            one, tf.data.AUTOTUNE, deterministic=True
        )
    )

"""The batches of `pipelines.batches`, without TensorFlow.

Order, labels, weights, crops and flips are the same, from the same random
numbers. Other augmentations need TensorFlow. Each batch is computed when it
is indexed, by any thread; `keras.utils.PyDataset` can prepare several.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import overload

import numpy as np

from pipelines.augmentation import numpy_recipe, philox
from pipelines.augmentation.recipe import Recipe
from pipelines.batches import (
    check_batch_size,
    check_labels,
    check_seed,
    class_weights,
    steps_per_epoch,
)
from pipelines.images import Images

#: (images, labels) or (images, labels, weights).
Batch = tuple[np.ndarray, ...]


class NumpyBatches(Sequence[Batch]):
    """A sequence of batches, each computed when it is indexed.

    Args:
        images: The images.
        labels: "one_hot" for float32 labels [images, classes], or "integer"
            for int32 labels [images].
    """

    def __init__(self, images: Images, labels: str) -> None:
        self._images = images
        self._labels = labels

    def __len__(self) -> int:
        """Return the number of batches."""
        raise NotImplementedError

    def batch(self, index: int) -> Batch:
        """Compute a batch.

        Args:
            index: Position of the batch, at least 0.
        """
        raise NotImplementedError

    @overload
    def __getitem__(self, index: int) -> Batch: ...

    @overload
    def __getitem__(self, index: slice) -> list[Batch]: ...

    def __getitem__(self, index: int | slice) -> Batch | list[Batch]:
        """Compute a batch, or each batch of a slice."""
        positions = range(len(self))[index]
        if isinstance(positions, int):
            return self.batch(positions)
        return [self.batch(position) for position in positions]

    def _labels_of(self, integers: np.ndarray) -> np.ndarray:
        if self._labels == "integer":
            return integers
        classes = np.arange(len(self._images.class_names))
        return (integers[:, None] == classes).astype(np.float32)


@dataclasses.dataclass(frozen=True)
class Steps:
    """The steps of a training run.

    Args:
        seed: Seed of the order and the augmentation.
        distinct: Number of different images in a batch.
        repeats: Number of times that each of them is in the batch.
        per_epoch: Number of steps in an epoch.
        first: First step, counted from the first epoch.
        end: Number of steps of all epochs.
    """

    seed: int
    distinct: int
    repeats: int
    per_epoch: int
    first: int
    end: int


class TrainingBatches(NumpyBatches):
    """Shuffled and augmented batches; see `training_batches`.

    Args:
        images: The training images.
        labels: "one_hot" or "integer".
        recipe: Augmentation.
        weights: Weight of each class, float32 [classes], or None.
        steps: The steps of the run.
    """

    def __init__(
        self,
        images: Images,
        labels: str,
        recipe: Recipe,
        weights: np.ndarray | None,
        steps: Steps,
    ) -> None:
        super().__init__(images, labels)
        self._recipe = recipe
        self._weights = weights
        self._steps = steps
        # Batches of two epochs may be prepared at the same time.
        self._order = functools.lru_cache(2)(self._permutation)

    def __len__(self) -> int:
        """Return the number of batches up to the last epoch."""
        return max(self._steps.end - self._steps.first, 0)

    def batch(self, index: int) -> Batch:
        """Compute a batch, also of epochs after the last one.

        Args:
            index: Position of the batch, at least 0.
        """
        steps = self._steps
        epoch, step = divmod(steps.first + index, steps.per_epoch)
        start = step * steps.distinct
        chosen = self._order(epoch)[start : start + steps.distinct]
        # The copies of a batch follow one another, as in `pipelines.batches`.
        chosen = np.tile(chosen, steps.repeats)
        integers = self._images.labels[chosen]
        x = numpy_recipe.augment(
            self._recipe,
            self._images.pixels[chosen],
            numpy_recipe.step_seed(steps.seed, epoch, step),
        )
        y = self._labels_of(integers)
        if self._weights is None:
            return x, y
        return x, y, self._weights[integers]

    def _permutation(self, epoch: int) -> np.ndarray:
        # The epochs of `tf.data.Dataset.range` are int64.
        key = philox.fold_in((self._steps.seed, 1), np.int64(epoch))
        return philox.permutation(key, len(self._images))


class EvaluationBatches(NumpyBatches):
    """Normalized batches in order; see `evaluation_batches`."""

    def __init__(self, images: Images, labels: str, batch_size: int) -> None:
        super().__init__(images, labels)
        self._batch_size = batch_size

    def __len__(self) -> int:
        """Return the number of batches, the last, partial one included."""
        return -(-len(self._images) // self._batch_size)

    def batch(self, index: int) -> Batch:
        """Compute a batch.

        Args:
            index: Position of the batch, at least 0.
        """
        start = index * self._batch_size
        selected = slice(start, start + self._batch_size)
        return (
            numpy_recipe.normalize(self._images.pixels[selected]),
            self._labels_of(self._images.labels[selected]),
        )


class FirstBatches(NumpyBatches):
    """The first of other batches.

    Args:
        batches: The other batches.
        count: Number of batches; more than there are gives all.
    """

    def __init__(self, batches: NumpyBatches, count: int) -> None:
        self._batches = batches
        self._count = min(count, len(batches))

    def __len__(self) -> int:
        """Return the number of batches."""
        return self._count

    def batch(self, index: int) -> Batch:
        """Compute a batch.

        Args:
            index: Position of the batch, at least 0.
        """
        return self._batches.batch(index)


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
    repeat_augment: int = 1,
) -> TrainingBatches:
    """Create the batches of `pipelines.training_batches` in NumPy.

    Labels, weights, crops and flips are the same. Normalized values may
    differ by their rounding, at most 2.4e-7: XLA rounds once in some places
    where NumPy rounds twice.

    Args:
        images: The training images.
        batch_size: Number of images in a batch.
        seed: Seed of the order and the augmentation, at least 0.
        epochs: Number of epochs of the run.
        first_epoch: Epoch of the first batch. Defaults to 0.
        first_step: Step of the first batch within `first_epoch`. Defaults
            to 0.
        recipe: Augmentation, crop and flip only. Defaults to None:
            `Recipe()`.
        labels: "one_hot" for float32 labels [images, classes], or "integer"
            for int32 labels [images]. Defaults to "one_hot".
        class_weight: Weight of the images of each class, by label; missing
            labels have weight 1. Defaults to None: batches have no weights.
        drop_remainder: Whether to drop the last, partial batch of an epoch.
            Defaults to False.
        repeat_augment: Number of times that each image is in its batch; see
            `pipelines.training_batches`. Defaults to 1.

    Returns:
        A sequence of (images, labels) or (images, labels, weights), arrays.

    Raises:
        DataError: An argument is refused by `pipelines.training_batches`, or
            `recipe` has an operation that needs TensorFlow.

    Example:
        >>> import pipelines
        >>> from pipelines.numpy_batches import training_batches
        >>> images = pipelines.read("digits", "train", images_per_class=10)
        >>> batches = training_batches(images, 40, seed=0, epochs=2)
        >>> [len(y) for x, y in batches]
        [40, 40, 20, 40, 40, 20]
    """
    recipe = recipe or Recipe()
    check_labels(labels, recipe)
    check_seed(seed)
    numpy_recipe.check_recipe(recipe)
    per_epoch = steps_per_epoch(
        len(images), batch_size, drop_remainder, repeat_augment
    )
    weights = None
    if class_weight is not None:
        weights = class_weights(class_weight, len(images.class_names))
    steps = Steps(
        seed,
        distinct=batch_size // repeat_augment,
        repeats=repeat_augment,
        per_epoch=per_epoch,
        first=first_epoch * per_epoch + first_step,
        end=epochs * per_epoch,
    )
    return TrainingBatches(images, labels, recipe, weights, steps)


def evaluation_batches(
    images: Images, batch_size: int, *, labels: str = "one_hot"
) -> EvaluationBatches:
    """Create the batches of `pipelines.evaluation_batches` in NumPy.

    Args:
        images: The images.
        batch_size: Number of images in a batch.
        labels: "one_hot" for float32 labels [images, classes], or "integer"
            for int32 labels [images]. Defaults to "one_hot".

    Returns:
        A sequence of (float32 images [images, height, width, channels],
        labels), arrays. The last batch may be partial.

    Raises:
        DataError: `labels` is not a label format, or `batch_size` is below 1.

    Example:
        >>> import pipelines
        >>> from pipelines.numpy_batches import evaluation_batches
        >>> images = pipelines.read("digits", "validation")
        >>> len(evaluation_batches(images, 100))
        4
    """
    check_batch_size(batch_size)
    check_labels(labels)
    return EvaluationBatches(images, labels, batch_size)

"""The batches of a run: of tf.data or, without TensorFlow, of NumPy.

Both have the same order, labels, weights, crops and flips.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterator
from typing import Any

import keras

import pipelines
from pipelines import numpy_batches
from pipelines.augmentation.numpy_recipe import check_recipe
from pipelines.augmentation.recipe import Recipe
from pipelines.images import Images
from pipelines.installed import has_tensorflow
from seal_tf.cli.train.settings import TrainSettings


class BatchDataset(keras.utils.PyDataset):
    """Batches of NumPy, for `fit`, `evaluate` and `predict`.

    Args:
        batches: The batches.
        endless: Whether `fit` takes as many batches as it needs, in order,
            over all of its epochs. Keras starts a data set of known length
            anew in each epoch. A thread prepares the next batch while the
            network trains.
    """

    def __init__(
        self, batches: numpy_batches.NumpyBatches, endless: bool = False
    ) -> None:
        # Workers of Keras would lose the batches that they had prepared when
        # Keras builds a model by the first one and then starts anew.
        super().__init__(workers=1)
        self._batches = batches
        self._endless = endless
        self._pool = concurrent.futures.ThreadPoolExecutor(1)
        self._prepared: tuple[int, Any] | None = None

    @property
    def num_batches(self) -> int | None:
        """Number of batches; None if Keras takes as many as it needs."""
        return None if self._endless else len(self._batches)

    def __getitem__(self, index: int) -> numpy_batches.Batch:
        """Return a batch. Keras asks for more of an endless data set."""
        if not self._endless:
            return self._batches.batch(index)
        prepared, self._prepared = self._prepared, None
        if prepared is not None and prepared[0] == index:
            batch: numpy_batches.Batch = prepared[1].result()
        else:
            batch = self._batches.batch(index)
        future = self._pool.submit(self._batches.batch, index + 1)
        self._prepared = index + 1, future
        return batch

    def __iter__(self) -> Iterator[numpy_batches.Batch]:
        """Iterate over the batches once."""
        return iter(self._batches)

    def take(self, count: int) -> BatchDataset:
        """Return the first batches.

        Args:
            count: Number of batches.
        """
        return BatchDataset(numpy_batches.FirstBatches(self._batches, count))


def training_batches(
    images: Images, batch_size: int, *, on_device: bool = False, **options: Any
) -> Any:
    """Create the batches of `pipelines.training_batches` for `fit`.

    Args:
        images: The training images.
        batch_size: Number of images in a batch.
        on_device: Whether the step augments, which needs TensorFlow.
        **options: Other arguments of `pipelines.training_batches`.

    Raises:
        pipelines.DataError: An argument is refused.
    """
    if has_tensorflow():
        return pipelines.training_batches(
            images, batch_size, on_device=on_device, **options
        )
    batches = numpy_batches.training_batches(images, batch_size, **options)
    return BatchDataset(batches, endless=True)


def evaluation_batches(images: Images, batch_size: int) -> Any:
    """Create the batches of `pipelines.evaluation_batches`.

    Args:
        images: The images.
        batch_size: Number of images in a batch.
    """
    if has_tensorflow():
        return pipelines.evaluation_batches(images, batch_size)
    return BatchDataset(numpy_batches.evaluation_batches(images, batch_size))


def check_without_tensorflow(settings: TrainSettings) -> None:
    """Check that a run needs no TensorFlow where it is not installed.

    Args:
        settings: Settings of the run.

    Raises:
        ValueError: If it needs TensorFlow.
    """
    if has_tensorflow():
        return
    # Crop and flip are not known before the images are read.
    recipe = settings.augmentation.recipe.items()
    check_recipe(Recipe(**{k: v for k, v in recipe if v is not None}))
    steps = settings.output.profile_steps
    if steps is not None:
        raise ValueError(
            "Argument `profile_steps` requires TensorFlow, which is not "
            "installed: pip install tensorflow. Received: "
            f"profile_steps={steps[0]}:{steps[1]}"
        )

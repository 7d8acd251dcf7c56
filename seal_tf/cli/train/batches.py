"""The batches of a run: of tf.data or, without TensorFlow, of NumPy.

Both have the same order, labels, weights, crops and flips.
"""

from __future__ import annotations

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

#: Threads that prepare training batches while the network trains.
WORKERS = 2


class BatchDataset(keras.utils.PyDataset):
    """Batches of NumPy, for `fit`, `evaluate` and `predict`.

    Args:
        batches: The batches.
        endless: Whether `fit` takes as many batches as it needs, in order,
            over all of its epochs. Keras starts a data set of known length
            anew in each epoch.
        workers: Threads that prepare batches; 1 for none.
    """

    def __init__(
        self,
        batches: numpy_batches.NumpyBatches,
        endless: bool = False,
        workers: int = 1,
    ) -> None:
        super().__init__(workers=workers)
        self._batches = batches
        self._endless = endless

    @property
    def num_batches(self) -> int | None:
        """Number of batches; None if Keras takes as many as it needs."""
        return None if self._endless else len(self._batches)

    def __getitem__(self, index: int) -> numpy_batches.Batch:
        """Compute a batch. Keras asks for more of an endless data set."""
        return self._batches.batch(index)

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
    return BatchDataset(batches, endless=True, workers=WORKERS)


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

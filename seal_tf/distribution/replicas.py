"""What the training command needs of several devices and processes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from seal_tf.utils.patching import AttributePatcher


class Replicas:
    """The replicas of one model on several devices.

    Attributes:
        count: Number of replicas of all machines.
        workers: Number of machines, or processes.
        chief: Whether this process writes files.
        shard_count: Number of equal parts into which `distribute` wants each
            batch divided.
    """

    count: int
    workers: int
    chief: bool
    shard_count: int

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """Return the scope in which the model is created."""
        return contextlib.nullcontext()

    def one_device(self) -> contextlib.AbstractContextManager[Any]:
        """Return a scope for models that one process uses on one device."""
        return contextlib.nullcontext()

    def synchronize_batch_norm(self, model: keras.Model) -> None:
        """Let BatchNormalization use the statistics of the whole batch."""

    def distribute(self, shards: Callable[[int, int], Any]) -> Any:
        """Return the data set for `fit` and `evaluate`.

        Args:
            shards: Function of (first shard, number of shards) that returns a
                data set of these parts of each batch, in turn.
        """
        raise NotImplementedError

    def patch(
        self, model: keras.Model, patcher: AttributePatcher, batch: Any
    ) -> None:
        """Patch a model so that fit works here, and build its metrics.

        Args:
            model: The compiled model.
            patcher: Restores the model.
            batch: One global batch (x, y) of this process.
        """
        raise NotImplementedError

    def all_reduce_sum(self, numbers: Sequence[int]) -> np.ndarray:
        """Return the sums of int32 numbers over all processes.

        Every process must call this.
        """
        raise NotImplementedError

    def broadcast(self, data: bytes | None) -> bytes:
        """Send bytes from the chief to all processes.

        Every process must call this.

        Args:
            data: The bytes, on the chief; ignored elsewhere.

        Returns:
            The bytes of the chief.
        """
        raise NotImplementedError

    def end_training(self) -> None:
        """Leave the other processes; every process must call this.

        What follows needs no other process and may take long.
        """

"""Capture the first training batches of a fit."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from seal_tf.ascent_scale.scale_rule import MIN_IMAGES
from seal_tf.backends import get_backend
from seal_tf.backends.base import CAPTURED_BATCH
from seal_tf.training.step_control import StepControl


class BatchCapture:
    """A wrapper of the train function that copies the first batches.

    Keras does not show a callback the data of fit. The step returns each
    batch among its logs, and this wrapper removes it from the logs.

    Args:
        control: The `StepControl`, which makes steps return their batch.
        max_batches: Number of batches to copy.
        max_images: Function of the bytes of one image: the number of images
            to copy; at least `MIN_IMAGES` are.

    Attributes:
        data: (x, y) as NumPy arrays in the structures of fit; None until the
            copy is complete.
    """

    def __init__(
        self,
        control: StepControl,
        max_batches: int,
        max_images: Callable[[int], int],
    ) -> None:
        self._control = control
        self._max_batches, self._max_images = max_batches, max_images
        self._batches: list[Any] = []
        self.data: Any = None
        control.captures_batches = True

    def __call__(self, train_function: Callable[..., Any], *args: Any) -> Any:
        """Run the train function, and copy the batch of the step."""
        result = train_function(*args)
        return get_backend().map_logs(self._without_batch, result)

    def _without_batch(self, logs: Any) -> Any:
        if CAPTURED_BATCH not in logs:
            return logs
        logs = dict(logs)
        batch = logs.pop(CAPTURED_BATCH)
        if self.data is None:
            self._add(batch)
        return logs

    def _add(self, batch: Any) -> None:
        self._batches.append(keras.tree.map_structure(_to_array, batch))
        x, _ = self._batches[0]
        batch_size = len(keras.tree.flatten(x)[0])
        limit = self._max_images(
            sum(part.nbytes for part in keras.tree.flatten(x)) // batch_size
        )
        count = min(self._max_batches, max(1, limit // batch_size))
        count = max(count, math.ceil(MIN_IMAGES / batch_size))
        if len(self._batches) >= count:
            # A large batch may have more images than the limit.
            kept = max(limit, MIN_IMAGES)
            self.data = keras.tree.map_structure(
                lambda *parts: np.concatenate(parts)[:kept], *self._batches
            )
            self._batches = []
            # Steps that are traced from now on do not return their batch.
            self._control.captures_batches = False


def _to_array(tensor: Any) -> np.ndarray:
    dtype = getattr(tensor, "dtype", None)
    if dtype is not None and keras.ops.is_tensor(tensor):
        name = getattr(dtype, "name", str(dtype)).removeprefix("torch.")
        if name.startswith(("float", "bfloat", "int", "uint", "bool")):
            return np.array(keras.ops.convert_to_numpy(tensor))
    raise ValueError(
        "`ascent_scale='auto'` supports numeric inputs only. Received inputs "
        f"of type {dtype or type(tensor).__name__}: pass "
        "`probe_data=(x, y)`."
    )

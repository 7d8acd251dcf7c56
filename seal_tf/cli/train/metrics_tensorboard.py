"""Write the metrics of an epoch to TensorBoard, without empty values."""

from __future__ import annotations

import math
from typing import Any

import keras

from seal_tf.utils.event_writer import FileErrors

#: Log entries that other tags show: the phase as text, and each group's rate.
OMITTED = ("generation", "ascent", "early_rate", "later_rate")


class MetricsTensorBoard(keras.callbacks.TensorBoard):
    """Keras' callback for the log entries that are metrics.

    An entry that has no value in an epoch is NaN, and is not written.
    `GenerationTensorBoard` writes phases and rates. If the file cannot be
    written, a warning says so, and nothing more is.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._errors = FileErrors(str(self.log_dir))

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Write the metrics that have a value."""
        metrics = {
            name: value
            for name, value in (logs or {}).items()
            if name not in OMITTED and not math.isnan(float(value))
        }
        if not self._errors.occurred:
            with self._errors.tolerated():
                super().on_epoch_end(epoch, metrics)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Write the metrics of a validation."""
        if not self._errors.occurred:
            with self._errors.tolerated():
                super().on_test_end(logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Close the files."""
        with self._errors.tolerated():
            super().on_train_end(logs)

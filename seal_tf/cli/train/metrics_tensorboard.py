"""Write the metrics of an epoch to TensorBoard, without empty values."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import keras

from seal_tf.utils.event_writer import is_file_error, warn_of_lost_events

#: Log entries that other tags show: the phase as text, and each group's rate.
OMITTED = ("generation", "ascent", "early_rate", "later_rate")


class MetricsTensorBoard(keras.callbacks.TensorBoard):
    """Keras' callback for the log entries that are metrics.

    An entry that has no value in an epoch is NaN, and is not written.
    `GenerationTensorBoard` writes phases and rates. If the file cannot be
    written, a warning says so, and nothing more is.
    """

    _is_lost = False

    @contextlib.contextmanager
    def _without_file_errors(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if not is_file_error(error):
                raise
            if not self._is_lost:
                warn_of_lost_events(str(self.log_dir), error)
            self._is_lost = True

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Write the metrics that have a value."""
        metrics = {
            name: value
            for name, value in (logs or {}).items()
            if name not in OMITTED and not math.isnan(float(value))
        }
        if not self._is_lost:
            with self._without_file_errors():
                super().on_epoch_end(epoch, metrics)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Write the metrics of a validation."""
        if not self._is_lost:
            with self._without_file_errors():
                super().on_test_end(logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Close the files."""
        with self._without_file_errors():
            super().on_train_end(logs)

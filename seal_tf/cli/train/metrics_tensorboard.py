"""Write the metrics of an epoch to TensorBoard, without empty values."""

from __future__ import annotations

import math
from typing import Any

import keras

#: Log entries that other tags show: the phase as text, and each group's rate.
OMITTED = ("generation", "ascent", "early_rate", "later_rate")


class MetricsTensorBoard(keras.callbacks.TensorBoard):
    """Keras' callback for the log entries that are metrics.

    An entry that has no value in an epoch is NaN, and is not written.
    `GenerationTensorBoard` writes phases and rates.
    """

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Write the metrics that have a value."""
        metrics = {
            name: value
            for name, value in (logs or {}).items()
            if name not in OMITTED and not math.isnan(float(value))
        }
        super().on_epoch_end(epoch, metrics)

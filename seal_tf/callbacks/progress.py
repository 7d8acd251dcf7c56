"""The accuracy so far and the remaining time of a run, in one line."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

#: Number of recent epochs whose durations predict the remaining time.
RECENT_EPOCHS = 8


class ProgressSummary:
    """Summarize the epochs that have ended.

    The summary shows the validation accuracy; without one, the validation
    loss; without validation, the training accuracy or loss. A model with
    several accuracies shows none of them.

    Args:
        epochs: Epochs of the whole run.
        previous_epochs: Logs of the epochs before this fit, with `seconds`.
    """

    def __init__(
        self, epochs: int, previous_epochs: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        self._epochs = epochs
        self._name: str | None = None
        self._last: float | None = None
        self._best: float | None = None
        self._seconds: list[float] = []
        self._epoch_start: float | None = None
        self._steps = 0
        self._compilation = 0.0
        self._has_history = False
        for logs in previous_epochs:
            self._has_history = True
            self.add_epoch(logs, logs.get("seconds"))

    def get_state(self) -> dict[str, Any]:
        """Return the metric's name and its last and best value."""
        return {"name": self._name, "last": self._last, "best": self._best}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore `get_state`, unless the previous epochs were given."""
        if not self._has_history:
            self._name = state["name"]
            self._last, self._best = state["last"], state["best"]

    def begin_epoch(self) -> None:
        """Start the clock of an epoch, and stop that of the one before.

        The time that other callbacks take at the end of an epoch belongs to
        that epoch.
        """
        now = time.monotonic()
        if self._epoch_start is not None:
            self._seconds.append(self._epoch_seconds(now))
        self._epoch_start = now

    def begin_step(self) -> None:
        """Measure the first step of a fit, which compiles the others."""
        self._steps += 1
        if self._steps == 2 and self._epoch_start is not None:
            self._compilation = time.monotonic() - self._epoch_start

    def _epoch_seconds(self, now: float) -> float:
        """Duration of the epoch so far, without the first step of the fit."""
        assert self._epoch_start is not None
        seconds = now - self._epoch_start - self._compilation
        self._compilation = 0.0
        return seconds

    def add_epoch(
        self, logs: Mapping[str, Any], seconds: float | None = None
    ) -> None:
        """Add the logs of an epoch.

        Args:
            logs: The logs.
            seconds: Duration of the epoch with validation, if known.
        """
        name = headline_metric(logs)
        if name is not None and _is_preferred(name, self._name):
            self._name, self._best = name, None
        value = _as_scalar(logs.get(self._name)) if self._name else None
        if value is not None and self._name is not None:
            self._last = value
            better = min if self._name.endswith("loss") else max
            self._best = (
                value if self._best is None else better(self._best, value)
            )
        if seconds is not None:
            self._seconds.append(seconds)

    def text(self, completed_epochs: int) -> str:
        """Return a line like 'val_accuracy 54.20%, best 56.10%'.

        The remaining time follows, if it is known. Call this at the end of an
        epoch, or before `begin_epoch` of the next one.

        Args:
            completed_epochs: Number of completed epochs of the run.

        Returns:
            The line; "" if nothing is known yet.
        """
        parts = []
        if self._best is not None and self._name is not None:
            form = "{:.4g}" if self._name.endswith("loss") else "{:.2%}"
            parts.append(
                f"{self._name} {form.format(self._last)}, "
                f"best {form.format(self._best)}"
            )
        seconds = list(self._seconds)
        if self._epoch_start is not None:
            # The epoch that is ending.
            elapsed = time.monotonic() - self._epoch_start
            seconds.append(elapsed - self._compilation)
        if seconds and completed_epochs < self._epochs:
            # The first epoch of a fit compiles more than its step.
            recent = seconds[1:][-RECENT_EPOCHS:] or seconds
            remaining = self._epochs - completed_epochs
            parts.append(
                f"{duration(statistics.fmean(recent) * remaining)} left"
            )
        return " · ".join(parts)


def duration(seconds: float) -> str:
    """Format a duration: '40 s', '12 min', '3 h 05 min', '2 d 4 h'."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    hours = round(minutes / 60)
    return f"{hours // 24} d {hours % 24} h"


def headline_metric(logs: Mapping[str, Any]) -> str | None:
    """Return the log entry that shows best how good the network is.

    Args:
        logs: Logs of an epoch.

    Returns:
        The only accuracy, or else the loss, of validation if there is one;
        None without either.
    """
    # Saved logs have null for the validation that an epoch did not have.
    logs = {name: value for name, value in logs.items() if value is not None}
    validated = any(name.startswith("val_") for name in logs)
    names = [n for n in logs if n.startswith("val_") == validated]
    accuracies = [
        name
        for name in names
        if name.endswith(("accuracy", "acc"))
        and _as_scalar(logs[name]) is not None
    ]
    if len(accuracies) == 1:
        return accuracies[0]
    loss = "val_loss" if validated else "loss"
    return loss if loss in logs else None


def _is_preferred(name: str, current: str | None) -> bool:
    """Prefer validation, which some epochs may not have."""
    return current is None or (
        name.startswith("val_") and not current.startswith("val_")
    )


def _as_scalar(value: Any) -> float | None:
    """Return a finite number; None for anything else, such as a vector."""
    if value is None or np.size(value) != 1:
        return None
    number = float(np.reshape(value, ()))
    return number if math.isfinite(number) else None

"""How a run does and how long it takes yet, in half a line."""

from __future__ import annotations

import math
import statistics
import time

import numpy as np

#: Epochs whose seconds say how long the next ones take.
RECENT = 8


class RunLine:
    """Knows the epochs that ended.

    What it tells is the validation accuracy; without one the validation
    loss; without validation the accuracy or the loss in training. Several
    accuracies, of several outputs, are none.

    Args:
        epochs: Epochs of the run.
        before: Of epochs that ended before this fit, their numbers: what
            Keras' logs say, and `seconds`.
        kept: What `kept` said when the run was cut off.
    """

    def __init__(self, epochs: int, before=(), kept=None):
        self._epochs = epochs
        self._name, self._now, self._best = (kept or [None, None, None])[:3]
        self._seconds: list[float] = []
        self._began: float | None = None
        for numbers in before:
            self.add(numbers, numbers.get("seconds"))

    def kept(self) -> list:
        """What a state has to hold of it, as JSON."""
        return [self._name, self._now, self._best]

    def begin(self) -> None:
        """An epoch begins, and with it ends what the one before took.

        What other callbacks do as an epoch ends is time of it, too.
        """
        now = time.monotonic()
        if self._began is not None:
            self._seconds.append(now - self._began)
        self._began = now

    def add(self, numbers, seconds=None) -> None:
        """Takes note of an epoch.

        Args:
            numbers: Its logs.
            seconds: How long it took, validation included.
        """
        name = _told(numbers or {})
        if name is not None and _better_told(name, self._name):
            self._name, self._best = name, None
        value = _scalar((numbers or {}).get(self._name))
        if value is not None:
            self._now = value
            best = min if self._name.endswith("loss") else max
            self._best = (
                value if self._best is None else best(self._best, value)
            )
        if seconds is not None:
            self._seconds.append(seconds)

    def said(self, done: int) -> str:
        """'val_accuracy 54.20 %, best 56.10 % · 12 min left'.

        As an epoch ends, or before `begin` as the next one does.

        Args:
            done: Epochs of the run that are done.

        Returns:
            Nothing where nothing is known yet.
        """
        parts = []
        if self._best is not None:
            shown = "{:.4g}" if self._name.endswith("loss") else "{:.2%}"
            parts.append(
                f"{self._name} {shown.format(self._now)}, "
                f"best {shown.format(self._best)}"
            )
        seconds = list(self._seconds)
        if self._began is not None:
            # The epoch that ends just now.
            seconds.append(time.monotonic() - self._began)
        if seconds and done < self._epochs:
            # The first epoch of a fit traces its steps.
            usual = seconds[1:][-RECENT:] or seconds
            left = statistics.fmean(usual) * (self._epochs - done)
            parts.append(f"{duration(left)} left")
        return " · ".join(parts)


def duration(seconds: float) -> str:
    """'40 s', '12 min', '3 h 05 min', '2 d 4 h'."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    hours = round(minutes / 60)
    return f"{hours // 24} d {hours % 24} h"


def _told(numbers):
    """Of the logs, what tells how good the network is."""
    validated = any(name.startswith("val_") for name in numbers)
    of = [n for n in numbers if n.startswith("val_") == validated]
    accuracies = [
        n
        for n in of
        if n.endswith(("accuracy", "acc")) and _scalar(numbers[n]) is not None
    ]
    if len(accuracies) == 1:
        return accuracies[0]
    loss = "val_loss" if validated else "loss"
    return loss if loss in numbers else None


def _better_told(name, so_far):
    """Validation, which some epochs may be without, once it is there."""
    return so_far is None or (
        name.startswith("val_") and not so_far.startswith("val_")
    )


def _scalar(value):
    """As a number; None of what is none: metrics may be vectors."""
    if value is None or np.size(value) != 1:
        return None
    number = float(np.reshape(value, ()))
    return number if math.isfinite(number) else None

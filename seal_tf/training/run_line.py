"""How a run does and how long it takes yet, in half a line."""

from __future__ import annotations

import statistics

#: Epochs whose seconds say how long the next ones take.
RECENT = 8


class RunLine:
    """Knows the epochs that ended.

    Args:
        epochs: Epochs of the run.
        before: Of epochs that ended before this fit, their numbers: what
            Keras' logs say, and `seconds`.
    """

    def __init__(self, epochs: int, before=()):
        self._epochs = epochs
        self._values: list[float] = []
        self._seconds: list[float] = []
        self._name = ""
        for numbers in before:
            self.add(numbers, numbers.get("seconds"))

    def add(self, numbers, seconds=None) -> None:
        """Takes note of an epoch.

        Args:
            numbers: Its logs.
            seconds: How long it took, validation included.
        """
        self._name = self._name or _told(numbers)
        value = (numbers or {}).get(self._name)
        if value is not None:
            self._values.append(float(value))
        if seconds is not None:
            self._seconds = [*self._seconds, seconds][-RECENT:]

    def said(self, done: int) -> str:
        """'val_accuracy 54.20 %, best 56.10 % · 12 min left'.

        Args:
            done: Epochs of the run that are done.

        Returns:
            Nothing where nothing is known yet.
        """
        parts = []
        if self._values:
            best = min if self._name.endswith("loss") else max
            parts.append(
                f"{self._name} {self._shown(self._values[-1])}, "
                f"best {self._shown(best(self._values))}"
            )
        if self._seconds and done < self._epochs:
            left = statistics.fmean(self._seconds) * (self._epochs - done)
            parts.append(f"{duration(left)} left")
        return " · ".join(parts)

    def _shown(self, value):
        return f"{value:.4g}" if self._name.endswith("loss") else f"{value:.2%}"


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
    names = [n for n in numbers or () if n.startswith("val_")]
    names = names or [n for n in numbers or () if n == "loss" or "acc" in n]
    return next((n for n in names if "acc" in n), names[0] if names else "")

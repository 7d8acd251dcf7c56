"""Values of one flag that a study tries."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna import Trial

#: What a unit may be; see `SearchRange.unit`.
UNITS = ("epochs", "learning_rate", "1/learning_rate")


@dataclasses.dataclass(frozen=True)
class SearchRange:
    """Values of one flag that a study tries: an interval, or choices.

    Args:
        low: Smallest value.
        high: Largest value.
        log: Whether to search on a logarithmic scale. Defaults to False.
        integer: Whether the values of the flag are whole numbers. With a
            `unit`, the products are rounded. Defaults to False.
        choices: The values, instead of `low` and `high`. The first is tried
            first.
        first: The value to try first. Defaults to `low`.
        unit: What the value is a multiple of: "epochs", the epochs of the
            run; "learning_rate", the default of the command;
            "1/learning_rate", the inverse of the run's own rate; "" for 1.

    Raises:
        ValueError: The range is empty, or a value does not fit it.

    Example:
        >>> from seal_tf.study.search_range import SearchRange
        >>> SearchRange(low=0.1, high=3.0, log=True, first=1.0).first_value
        1.0
    """

    low: float | None = None
    high: float | None = None
    log: bool = False
    integer: bool = False
    choices: tuple[Any, ...] = ()
    first: float | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        if bool(self.choices) == (self.low is not None):
            raise ValueError("a search needs `choices`, or `low` and `high`")
        for name in ("low", "high", "first"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, int | float):
                raise ValueError(
                    f"`{name}` must be a number. Received: {name}={value!r}"
                )
        if self.unit not in ("", *UNITS):
            raise ValueError(
                f"`unit` must be one of {', '.join(UNITS)}. "
                f"Received: unit={self.unit!r}"
            )
        if self.low is None:
            return
        if self.high is None or not self.low < self.high:
            raise ValueError(
                "`low` must be less than `high`. Received: "
                f"low={self.low}, high={self.high}"
            )
        if self.log and self.low <= 0:
            raise ValueError(
                "`low` must be above 0 on a logarithmic scale. Received: "
                f"low={self.low}"
            )
        if self.first is not None and not self.low <= self.first <= self.high:
            raise ValueError(
                f"`first` must be from {self.low} to {self.high}. "
                f"Received: first={self.first}"
            )

    @property
    def first_value(self) -> Any:
        """The value that is tried first."""
        if self.choices:
            return self.choices[0]
        return self.low if self.first is None else self.first

    def contains(self, value: Any) -> bool:
        """Return whether a value is one of the range.

        Args:
            value: A suggested value.
        """
        if self.choices:
            return value in self.choices
        assert self.low is not None and self.high is not None
        return bool(self.low <= value <= self.high)

    def suggest(self, trial: Trial, name: str) -> Any:
        """Let Optuna suggest a value.

        Args:
            trial: The trial.
            name: Name of the flag.

        Returns:
            One of the choices, or a number from `low` to `high`.
        """
        if self.choices:
            return trial.suggest_categorical(name, self.choices)
        assert self.low is not None and self.high is not None
        if self.integer and not self.unit:
            low, high = int(self.low), int(self.high)
            return trial.suggest_int(name, low, high, log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)

    def flag_value(self, value: Any, units: Mapping[str, float]) -> Any:
        """Return the value of the flag.

        Args:
            value: A suggested value.
            units: The value of each unit.

        Example:
            >>> from seal_tf.study.search_range import SearchRange
            >>> rates = SearchRange(low=0.1, high=3.0, unit="learning_rate")
            >>> rates.flag_value(0.5, {"learning_rate": 0.1})
            0.05
        """
        if self.unit:
            value *= units[self.unit]
            if self.integer:
                return max(1, round(value))
        if not isinstance(value, float) or self.choices:
            return value
        # Four digits: the command line of a run stays readable.
        return float(f"{value:.4g}")

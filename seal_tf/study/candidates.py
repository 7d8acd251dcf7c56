"""What a study compares: a method, and the flags that it tunes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seal_tf.study.search_range import SearchRange

if TYPE_CHECKING:
    from optuna import Trial

#: The flag whose value the unit "1/learning_rate" divides by.
_RATE = "learning_rate"
#: Default of `Candidate.score`.
SCORE = "last.val_accuracy"
#: Fewest epochs of a generation that is tried, where a smaller number of
#: generations is among the choices.
MIN_GENERATION = 8


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A method with the flags that a study tunes.

    Args:
        name: Short name, as in `--candidates`.
        label: Name in tables and figures.
        flags: Flags of the training command that do not change.
        search: The values to try, by name of the flag.
        cost: Time of an epoch relative to normal training. Defaults to 1.
        score: Keys of the accuracy in `summary.json`, joined by points.

    Example:
        >>> from seal_tf.study.candidate_file import load_candidates
        >>> sam = load_candidates()["sam"]
        >>> flags = sam.training_flags({"sam_rho": 0.05}, 96, 0.1)
        >>> flags["sam_rho"], flags["epochs_per_generation"]
        (0.05, 48)
    """

    name: str
    label: str
    flags: Mapping[str, Any]
    search: Mapping[str, SearchRange]
    cost: float = 1.0
    score: str = SCORE

    def first_values(self) -> dict[str, Any]:
        """Return the values that are tried first, by flag."""
        return {name: r.first_value for name, r in self.search.items()}

    def suggest(self, trial: Trial) -> dict[str, Any]:
        """Let Optuna suggest a value for each flag that is tuned.

        Args:
            trial: The trial.
        """
        return {name: r.suggest(trial, name) for name, r in self.search.items()}

    def generation_counts(self) -> tuple[int, ...]:
        """Return the numbers of generations that a run may have."""
        search = self.search.get("generations")
        if search is None:
            return (int(self.flags.get("generations", 1)),)
        # Of an interval, the search may take any number.
        return tuple(int(number) for number in search.choices) or (1,)

    def run_epochs(self, epochs: int) -> int:
        """Return the most epochs that do not take longer than normal training.

        Args:
            epochs: Epochs of a run of cost 1.
        """
        return int(epochs / self.cost)

    def training_flags(
        self, values: Mapping[str, Any], epochs: int, learning_rate: float
    ) -> dict[str, Any]:
        """Return the flags of a training.

        Args:
            values: Suggested value of each flag that is tuned.
            epochs: Epochs of a run of cost 1; this run has fewer if it costs
                more.
            learning_rate: Default learning rate of the command.

        Returns:
            The flags by name, with "generations" and
            "epochs_per_generation".
        """
        generations = int(
            values.get("generations", self.flags.get("generations", 1))
        )
        per_generation = max(1, self.run_epochs(epochs) // generations)
        rate = float(self.flags.get(_RATE, learning_rate))
        units = {
            "epochs": per_generation * generations,
            "learning_rate": rate,
        }
        if _RATE in values:
            rate = self.search[_RATE].flag_value(values[_RATE], units)
        # A script may have a rate of 0, and then no other flag of this unit.
        units["1/learning_rate"] = 1 / rate if rate else math.inf
        tuned = {
            name: self.search[name].flag_value(value, units)
            for name, value in values.items()
        }
        return {
            **self.flags,
            **tuned,
            "generations": generations,
            "epochs_per_generation": per_generation,
        }

    def tuned_flags(
        self, values: Mapping[str, Any], epochs: int, learning_rate: float
    ) -> dict[str, Any]:
        """Return the flags of a training that tuning chose.

        Args:
            values: As in `training_flags`.
            epochs: As in `training_flags`.
            learning_rate: As in `training_flags`.
        """
        flags = self.training_flags(values, epochs, learning_rate)
        return {n: v for n, v in flags.items() if n in self.search}

    def limit_generations(self, epochs: int) -> Candidate:
        """Return the candidate without generations that are too short.

        Args:
            epochs: Epochs of a run of cost 1.

        Returns:
            The candidate. Of the choices of `generations`, those remain that
            have `MIN_GENERATION` epochs each, and the smallest.
        """
        generations = self.search.get("generations")
        if generations is None or not generations.choices:
            return self
        fewest = min(generations.choices)
        choices = tuple(
            number
            for number in generations.choices
            if number == fewest or epochs / self.cost / number >= MIN_GENERATION
        )
        limited = dataclasses.replace(generations, choices=choices)
        return dataclasses.replace(
            self, search={**self.search, "generations": limited}
        )

    def read_score(self, summary: Mapping[str, Any]) -> float:
        """Return the accuracy of a finished run, from 0 to 1.

        Args:
            summary: Content of its `summary.json`.

        Raises:
            ValueError: The file has no such number.
        """
        value: Any = summary
        try:
            for key in self.score.split("."):
                value = (
                    value[int(key)] if isinstance(value, list) else value[key]
                )
            number = float(value)
        except (KeyError, IndexError, TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"summary.json has no number {self.score}")
        return number

"""What a study compares: methods, and the flags that it tunes."""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seal_tf.schedules import METHODS
from seal_tf.study.search_range import SearchRange

if TYPE_CHECKING:
    from optuna import Trial

#: The built-in candidates.
BUILT_IN = Path(__file__).with_name("candidates.toml")
#: The table of a file that is part of every candidate.
EVERY = "every"
#: The flag whose value the unit "1/learning_rate" divides by.
_RATE = "learning_rate"
#: Default of `Candidate.score`.
SCORE = "last.val_accuracy"
#: Fewest epochs of a generation that is tried, where a smaller number of
#: generations is among the choices.
MIN_GENERATION = 8
#: Keys of a candidate, and flags that the study sets itself.
_KEYS = ("cost", "flags", "label", "score", "search")
_RESERVED = (
    *("epochs", "epochs_per_generation", "seed", "seeds", "workdir"),
    *("val_from_train", "evaluate_on", "progress"),
)


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
        >>> from seal_tf.study.candidates import load_candidates
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
        units = {
            "epochs": per_generation * generations,
            "learning_rate": learning_rate,
        }
        rate = learning_rate
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


def load_candidates(path: str | Path = BUILT_IN) -> dict[str, Candidate]:
    """Read the candidates of a file.

    Args:
        path: A TOML file in the form of `seal_tf/study/candidates.toml`.

    Returns:
        The candidates by name, in the order of the file.

    Raises:
        ValueError: The file is damaged, or a candidate has a wrong key.
    """
    try:
        content = tomllib.loads(Path(path).read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from None
    every = content.pop(EVERY, {})
    candidates = {}
    for name, table in {EVERY: every, **content}.items():
        try:
            _check_table(name, table)
            if name != EVERY:
                candidates[name] = _candidate(name, table, every)
        except ValueError as error:
            raise ValueError(f"{path}: [{name}]: {error}") from None
    if not candidates:
        raise ValueError(
            f"{path}: the file must define a candidate, such as [long]."
        )
    return candidates


def _check_table(name: str, table: Any) -> None:
    """Check the form of a candidate, or of `[every]`.

    Raises:
        ValueError: A key or a value is wrong.
    """
    if not re.fullmatch(r"[\w.-]+", name):
        raise ValueError("the name must have letters, digits, _, - and . only")
    if not isinstance(table, dict):
        raise ValueError(f"a table must follow. Received: {name} = {table!r}")
    if unknown := sorted(table.keys() - set(_KEYS)):
        raise ValueError(
            f"keys must be {', '.join(_KEYS)}. Received: {', '.join(unknown)}"
        )
    for key in ("flags", "search"):
        value = table.get(key, {})
        if not isinstance(value, dict):
            raise ValueError(f"{key} must be a table. Received: {value!r}")
        if reserved := sorted(value.keys() & set(_RESERVED)):
            raise ValueError(
                f"{key} must not contain {reserved[0]}: the study sets it"
            )
    for key in ("label", "score"):
        if not isinstance(table.get(key, ""), str):
            raise ValueError(f"{key} must be text. Received: {table[key]!r}")
    cost = table.get("cost", 1.0)
    if not isinstance(cost, int | float) or not 0 < cost < math.inf:
        raise ValueError(f"cost must be above 0. Received: cost={cost!r}")


def _candidate(
    name: str, table: Mapping[str, Any], every: Mapping[str, Any]
) -> Candidate:
    search = {**every.get("search", {}), **table.get("search", {})}
    flags = {**every.get("flags", {}), **table.get("flags", {})}
    return Candidate(
        name,
        table.get("label", name),
        {flag: value for flag, value in flags.items() if flag not in search},
        {flag: _search_range(flag, values) for flag, values in search.items()},
        float(table.get("cost", every.get("cost", 1.0))),
        table.get("score", every.get("score", SCORE)),
    )


def _search_range(flag: str, values: Any) -> SearchRange:
    accepted = [field.name for field in dataclasses.fields(SearchRange)]
    if not isinstance(values, dict) or not values.keys() <= set(accepted):
        raise ValueError(
            f"search.{flag} must be a table with {', '.join(accepted)}. "
            f"Received: {values!r}"
        )
    if not isinstance(values.get("choices", []), list):
        raise ValueError(
            f"choices of search.{flag} must be a list. Received: "
            f"{values['choices']!r}"
        )
    try:
        return SearchRange(
            **{**values, "choices": tuple(values.get("choices", ()))}
        )
    except ValueError as error:
        raise ValueError(f"search.{flag}: {error}") from None


def choose_candidates(
    names: Sequence[str], available: Mapping[str, Candidate]
) -> list[Candidate]:
    """Return candidates by name.

    Args:
        names: Names of candidates; "llf+swa" composes two methods.
        available: The candidates of the file, by name.

    Returns:
        The candidates. The first of `available`, the baseline, is always the
        first of them.

    Raises:
        ValueError: A name is unknown, or a composition is not possible.
    """
    baseline = next(iter(available))
    names = list(dict.fromkeys((baseline, *names)))
    return [_compose(name, available) for name in names]


def _compose_methods(methods: Iterable[str]) -> str:
    """Join methods by +, without normal training if another one replaces it."""
    names = dict.fromkeys(n for method in methods for n in method.split("+"))
    is_modifier = {
        n: n == "normal" or (n in METHODS and METHODS[n].is_modifier)
        for n in names
    }
    if not all(is_modifier.values()):
        names.pop("normal", None)
    return "+".join(names)


def _compose(name: str, available: Mapping[str, Candidate]) -> Candidate:
    parts = []
    for word in dict.fromkeys(name.split("+")):
        if word not in available:
            similar = difflib.get_close_matches(word, available, 2)
            hint = f"; did you mean {' or '.join(similar)}?" if similar else ""
            raise ValueError(
                "Argument `candidates` must contain names of candidates: "
                f"{', '.join(available)}; llf+swa composes two. Received: "
                f"candidates={name}{hint}"
            )
        parts.append(available[word])
    if len(parts) == 1:
        return parts[0]
    flags: dict[str, Any] = {}
    for part in parts:
        for flag, value in part.flags.items():
            if flags.get(flag, value) != value and flag != "method":
                raise ValueError(
                    f"Argument `candidates` must compose methods that agree: "
                    f"{name} sets {flag} to {flags[flag]} and {value}. "
                    f"Received: candidates={name}"
                )
            flags[flag] = value
    if "method" in flags:
        flags["method"] = _compose_methods(
            str(p.flags["method"]) for p in parts if "method" in p.flags
        )
    return Candidate(
        name,
        " + ".join(part.label for part in parts),
        flags,
        {flag: r for part in parts for flag, r in part.search.items()},
        math.prod(part.cost for part in parts),
        next((p.score for p in parts if p.score != SCORE), SCORE),
    )

"""What a study compares: methods, and the flags that it tunes."""

from __future__ import annotations

import dataclasses
import difflib
import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seal_tf.study.search_range import SearchRange

if TYPE_CHECKING:
    from optuna import Trial

#: The built-in candidates.
BUILT_IN = Path(__file__).with_name("candidates.toml")
#: The table of a file that is part of every candidate.
EVERY = "every"
#: Default of `Candidate.score`.
SCORE = "last.val_accuracy"


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
        generations = int(values.get("generations", 1))
        per_generation = max(1, round(epochs / self.cost / generations))
        units = {
            "epochs": per_generation * generations,
            "learning_rate": learning_rate,
        }
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
    for name, table in content.items():
        try:
            candidates[name] = _candidate(name, table, every)
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{path}: [{name}]: {error}") from None
    if not candidates:
        raise ValueError(f"{path}: the file defines no candidate.")
    return candidates


def _candidate(
    name: str, table: Mapping[str, Any], every: Mapping[str, Any]
) -> Candidate:
    accepted = {"label", "flags", "search", "cost", "score"}
    if unknown := sorted((table.keys() | every.keys()) - accepted):
        raise ValueError(
            f"keys must be {', '.join(sorted(accepted))}. "
            f"Received: {', '.join(unknown)}"
        )
    search = {**every.get("search", {}), **table.get("search", {})}
    ranges = {
        flag: SearchRange(**{**values, "choices": tuple(values["choices"])})
        if "choices" in values
        else SearchRange(**values)
        for flag, values in search.items()
    }
    return Candidate(
        name,
        table.get("label", name),
        {**every.get("flags", {}), **table.get("flags", {})},
        ranges,
        float(table.get("cost", 1.0)),
        table.get("score", SCORE),
    )


def choose_candidates(
    names: Sequence[str], known: Mapping[str, Candidate]
) -> list[Candidate]:
    """Return candidates by name.

    Args:
        names: Names of candidates; "llf+swa" composes two methods.
        known: The candidates of the file, by name.

    Returns:
        The candidates. The first of `known`, the baseline, is always the
        first of them.

    Raises:
        ValueError: A name is unknown, or a composition is not possible.
    """
    baseline = next(iter(known))
    names = list(dict.fromkeys((baseline, *names)))
    return [_compose(name, known) for name in names]


def _compose(name: str, known: Mapping[str, Candidate]) -> Candidate:
    parts = []
    for word in name.split("+"):
        if word not in known:
            similar = difflib.get_close_matches(word, known, 2)
            hint = f"; did you mean {' or '.join(similar)}?" if similar else ""
            raise ValueError(
                "Argument `candidates` must contain names of candidates: "
                f"{', '.join(known)}; llf+swa composes two. Received: "
                f"candidates={name}{hint}"
            )
        parts.append(known[word])
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
    methods = [str(p.flags["method"]) for p in parts if "method" in p.flags]
    # normal training is part of every method.
    methods = [m for m in dict.fromkeys(methods) if m != "normal"] or methods
    if methods:
        flags["method"] = "+".join(dict.fromkeys(methods))
    return Candidate(
        name,
        " + ".join(part.label for part in parts),
        flags,
        {flag: r for part in parts for flag, r in part.search.items()},
        math.prod(part.cost for part in parts),
        next((p.score for p in parts if p.score != SCORE), SCORE),
    )

"""Read candidates from a TOML file, choose and compose them."""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seal_tf.schedules import METHODS
from seal_tf.study.candidates import SCORE, Candidate
from seal_tf.study.search_range import SearchRange

#: The built-in candidates.
BUILT_IN = Path(__file__).with_name("candidates.toml")
#: The table of a file that is part of every candidate.
EVERY = "every"
#: Keys of a candidate, and flags that the study sets itself.
_KEYS = ("cost", "flags", "label", "score", "search")
_RESERVED = (
    *("epochs", "epochs_per_generation", "seed", "seeds", "workdir"),
    *("val_from_train", "evaluate_on", "progress"),
)


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
    if name == EVERY and "label" in table:
        raise ValueError("label must be that of one candidate")
    for key in ("label", "score"):
        if not isinstance(table.get(key, ""), str):
            raise ValueError(f"{key} must be text. Received: {table[key]!r}")
    cost = table.get("cost", 1.0)
    if not isinstance(cost, int | float) or not 0 < cost < math.inf:
        raise ValueError(f"cost must be above 0. Received: cost={cost!r}")


def _candidate(
    name: str, table: Mapping[str, Any], every: Mapping[str, Any]
) -> Candidate:
    own_flags, own_search = table.get("flags", {}), table.get("search", {})
    if both := sorted(own_flags.keys() & own_search.keys()):
        raise ValueError(
            f"flags and search must not both contain {both[0]}: it is fixed "
            "or tuned"
        )
    # A candidate may fix what all others tune.
    shared = every.get("search", {})
    search = {f: v for f, v in shared.items() if f not in own_flags}
    search |= own_search
    flags = {**every.get("flags", {}), **own_flags}
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

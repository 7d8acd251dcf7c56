"""Runs that differ only in their seed, taken together."""

from __future__ import annotations

import dataclasses
import statistics

from seal_tf.bookkeeping import BOOKKEEPING
from seal_tf.probes import intervals
from seal_tf.report.runs import Run

#: Flags that make no other experiment.
NEUTRAL = {*BOOKKEEPING, "seed", "export_weights", "track_learning"}


@dataclasses.dataclass(frozen=True)
class Group:
    """Runs of one experiment, by seed.

    Args:
        name: What figures and tables call it.
        key: What tells it from others; see `key_of`.
        runs: Its runs, in the order of their seeds.
    """

    name: str
    key: tuple
    runs: tuple[Run, ...]

    @property
    def seeds(self) -> dict[int, Run]:
        """Its runs by seed."""
        return {run.summary["seed"]: run for run in self.runs}

    @property
    def method(self) -> str:
        return self.runs[0].summary["method"]

    def generations(self) -> int:
        return len(self.runs[0].by_generation())

    def last_accuracies(self, generation: int) -> list[float]:
        """Last-epoch validation accuracies of a generation, a seed each."""
        return [
            run.by_generation()[generation]["val_accuracy_last"]
            for run in self.runs
        ]


def key_of(flags: dict) -> tuple:
    """What two runs of one experiment have in common."""
    return tuple(
        (name, repr(value))
        for name, value in sorted(flags.items())
        if name not in NEUTRAL
    )


def grouped(runs) -> list[Group]:
    """Groups in the order of their first runs.

    A run alone keeps its name. Groups of several are called by their method,
    and by the flags in which they differ where a method occurs twice.

    Raises:
        ValueError: two runs of one experiment have one seed.
    """
    found: dict[tuple, list[Run]] = {}
    for run in runs:
        found.setdefault(key_of(run.summary["flags"]), []).append(run)
    for same in found.values():
        seeds = [run.summary["seed"] for run in same]
        twice = next((s for s in seeds if seeds.count(s) > 1), None)
        if twice is not None:
            both = [r for r in same if r.summary["seed"] == twice]
            raise ValueError(
                f"{both[0].path} and {both[1].path} are one experiment with "
                f"one seed ({twice}): leave one out."
            )
    methods = [dict(key)["method"] for key in found]
    groups = []
    for key, same in found.items():
        name = same[0].name
        if len(same) > 1:
            name = same[0].summary["method"]
            if methods.count(dict(key)["method"]) > 1:
                name += f" ({_differences(key, found)})"
        same = sorted(same, key=lambda run: run.summary["seed"])
        groups.append(Group(name, key, tuple(same)))
    return groups


def _differences(key, keys):
    mine = dict(key)
    others = [
        dict(k)
        for k in keys
        if k != key and dict(k)["method"] == mine["method"]
    ]
    return ", ".join(
        f"{name}={value.strip(chr(39))}"
        for name, value in mine.items()
        if any(other.get(name) != value for other in others)
    )


def paired(ours, theirs) -> tuple[float, float | None] | None:
    """Mean of the paired differences, and half of their 95 % t interval.

    Args:
        ours: Numbers by seed.
        theirs: Those of what is compared with.

    Returns:
        None where they have no seed in common; a half of None from one.
    """
    seeds = sorted(ours.keys() & theirs.keys())
    if not seeds:
        return None
    found = [ours[seed] - theirs[seed] for seed in seeds]
    return statistics.fmean(found), intervals.half_of_mean(found)


def mean_and_deviation(values) -> tuple[float, float | None]:
    """Mean, and sample standard deviation; None for a single value."""
    values = list(values)
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return statistics.fmean(values), deviation

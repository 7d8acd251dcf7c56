"""Group runs that differ only in their seed, and compare groups."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterable, Mapping
from typing import Any

from seal_tf.probes.intervals import mean_margin
from seal_tf.reports.runs import Run
from seal_tf.utils.non_semantic_flags import NON_SEMANTIC_FLAGS

#: Flags in which runs of one experiment may differ.
IGNORED_FLAGS = {
    *NON_SEMANTIC_FLAGS,
    "seed",
    "export_weights",
    "track_learning",
}

#: Names and labels of the checksums of a run's images.
IMAGES = {"validation_crc32": "images", "training_crc32": "training images"}
#: (name, value) of all flags that define an experiment.
ExperimentKey = tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True)
class RunGroup:
    """Runs of one experiment, in the order of their seeds.

    Args:
        name: Name in figures and tables.
        key: Identifies the experiment; see `experiment_key`.
        runs: Its runs.
    """

    name: str
    key: ExperimentKey
    runs: tuple[Run, ...]

    @property
    def seeds(self) -> dict[int, Run]:
        """Its runs by seed."""
        return {run.summary["seed"]: run for run in self.runs}

    @property
    def method(self) -> str:
        """Method of the training."""
        return self.runs[0].summary["method"]

    @property
    def num_generations(self) -> int:
        """Number of generations."""
        return len(self.runs[0].generations)

    @property
    def passes(self) -> float:
        """Forward and backward passes over the training images."""
        return self.runs[0].passes

    @property
    def parts(self) -> tuple[str, ...]:
        """Which networks it has besides those of the last epoch.

        "average" is the averaged network of SWA, "ensemble" that of all
        snapshots.
        """
        return tuple(
            part
            for part in ("average", "ensemble")
            if all(part in run.summary for run in self.runs)
        )

    def last_percents(self, part: str = "") -> dict[int, float]:
        """Return validation accuracies in percent, by seed.

        Args:
            part: One of `parts`. Defaults to the network of the last epoch.
        """
        return {
            seed: 100 * accuracy_of(run.summary, part)
            for seed, run in self.seeds.items()
        }

    def uncertainty(self) -> float:
        """Return the standard error of the mean last accuracy, in points.

        It is that over seeds, and at least that over validation images.
        """
        percents = list(self.last_percents().values())
        share = min(statistics.fmean(percents) / 100, 1.0)
        images = self.runs[0].summary["validation_images"]
        error = 100 * (share * (1 - share) / images) ** 0.5
        if len(percents) < 2:
            return error
        return max(error, statistics.stdev(percents) / len(percents) ** 0.5)

    def margin(self) -> float:
        """Return half of the mean's 95 % interval, in percentage points.

        The interval is a t interval over seeds; that of one run is over its
        validation images.
        """
        margin = mean_margin(self.last_percents().values())
        return 1.96 * self.uncertainty() if margin is None else margin

    def last_accuracies(self, generation: int) -> list[float]:
        """Return the validation accuracies at the end of a generation.

        Args:
            generation: The generation, from 0.

        Returns:
            An accuracy in [0, 1] for each seed.
        """
        return [
            run.generations[generation]["val_accuracy_last"]
            for run in self.runs
        ]


def accuracy_of(summary: Mapping[str, Any], part: str = "") -> float:
    """Return the validation accuracy of a run, from 0 to 1.

    Args:
        summary: The summary of the run.
        part: Which network, as in `RunGroup.parts`. Defaults to that of the
            last epoch.
    """
    if part == "ensemble":
        return float(summary["ensemble"]["last"][-1])
    return float(summary[part or "last"]["val_accuracy"])


def experiment_key(run: Mapping[str, Any]) -> ExperimentKey:
    """Return what all runs of one experiment have in common.

    Args:
        run: The summary of a run, or the card of its network: "flags", and
            the checksums of `IMAGES`, which tell folders of images apart.
            Runs of older versions do not have them.
    """
    # A flag that a run's version did not have yet is like one without value.
    key = tuple(
        (name, repr(value))
        for name, value in sorted(run["flags"].items())
        if name not in IGNORED_FLAGS and value is not None
    )
    images = tuple(
        (label, f"{run[name]:08x}")
        for name, label in IMAGES.items()
        if run.get(name) is not None
    )
    return key + images


def group_runs(runs: Iterable[Run]) -> list[RunGroup]:
    """Group runs by experiment, in the order of their first runs.

    A group of one run has the name of the run. A group of several has the
    name of its method, with the flags in which it differs from other groups
    of that method, and the number of seeds if a run has this name.

    Args:
        runs: The runs.

    Returns:
        The groups.

    Raises:
        ValueError: Two runs of one experiment have the same seed.
    """
    by_key: dict[ExperimentKey, list[Run]] = {}
    for run in runs:
        by_key.setdefault(experiment_key(run.summary), []).append(run)
    for same in by_key.values():
        _check_seeds_differ(same)
    # A group of one run has the name of its run.
    several = [key for key, same in by_key.items() if len(same) > 1]
    names = {same[0].name for same in by_key.values() if len(same) == 1}
    methods = [dict(key)["method"] for key in several]
    groups = []
    for key, same in by_key.items():
        name = same[0].name
        if len(same) > 1:
            name = same[0].summary["method"]
            if methods.count(dict(key)["method"]) > 1:
                differences = describe_differences(key, several)
                name += f" ({differences})" if differences else ""
            while name in names:
                name += f" ({len(same)} seeds)"
            names.add(name)
        same = sorted(same, key=lambda run: run.summary["seed"])
        groups.append(RunGroup(name, key, tuple(same)))
    return groups


def _check_seeds_differ(runs: list[Run]) -> None:
    seeds = [run.summary["seed"] for run in runs]
    seed = next((s for s in seeds if seeds.count(s) > 1), None)
    if seed is not None:
        first, second = [r for r in runs if r.summary["seed"] == seed][:2]
        raise ValueError(
            f"{first.path} and {second.path} are runs of one experiment with "
            f"the same seed ({seed}). Report only one of them."
        )


def describe_differences(
    key: ExperimentKey, keys: Iterable[ExperimentKey]
) -> str:
    """Describe what tells an experiment from others of its method.

    Args:
        key: The experiment.
        keys: All experiments.

    Returns:
        "retain=0.5, l2=0.002"; empty without a difference.
    """
    flags = dict(key)
    others = [
        dict(k)
        for k in keys
        if k != key and dict(k)["method"] == flags["method"]
    ]
    return ", ".join(
        f"{name}={value.strip(chr(39))}"
        for name, value in flags.items()
        if any(other.get(name) != value for other in others)
    )


def paired_difference(
    values: Mapping[int, float], base: Mapping[int, float]
) -> tuple[float, float | None] | None:
    """Return the mean paired difference over seeds, with its 95 % margin.

    Args:
        values: Values by seed.
        base: Values of the group to compare with, by seed.

    Returns:
        (mean, half of the 95 % t interval), or None without a common seed.
        The margin of a single seed is None.
    """
    seeds = sorted(values.keys() & base.keys())
    if not seeds:
        return None
    differences = [values[seed] - base[seed] for seed in seeds]
    return statistics.fmean(differences), mean_margin(differences)

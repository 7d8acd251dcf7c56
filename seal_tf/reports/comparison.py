"""Compare groups of runs with a baseline, seed by seed."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from seal_tf.reports.power import seeds_needed
from seal_tf.reports.run_groups import IMAGES, RunGroup, paired_difference

#: Default of the smallest difference that matters, in percentage points.
SMALLEST_DIFFERENCE = 2.0

#: What a comparison shows. "equivalent": the 95 % interval is within the
#: smallest difference that matters. "incomparable": nothing was subtracted.
Verdict = Literal["better", "worse", "equivalent", "unclear", "incomparable"]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """The paired difference of a group to the baseline.

    Args:
        name: Name of the group.
        baseline: Name of the baseline.
        smallest: Smallest difference that matters, in percentage points.
        differences: Difference in percentage points, by common seed.
        obstacle: Why the group is not compared; empty if it is.
        part: Which network of the group is compared, as in `RunGroup.parts`;
            empty for that of the last epoch.
    """

    name: str
    baseline: str
    smallest: float
    differences: dict[int, float]
    obstacle: str = ""
    part: str = ""

    @property
    def label(self) -> str:
        """Name of the group and of the network, for people to read."""
        return f"{self.name}, {self.part}" if self.part else self.name

    @property
    def mean(self) -> float:
        """Mean of the differences."""
        return statistics.fmean(self.differences.values())

    @property
    def margin(self) -> float | None:
        """Half of the paired 95 % t interval; None below two seeds."""
        zeros = dict.fromkeys(self.differences, 0.0)
        difference = paired_difference(self.differences, zeros)
        return difference[1] if difference else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """(low, high) of the 95 % interval."""
        margin = self.margin
        if margin is None:
            return None
        return self.mean - margin, self.mean + margin

    @property
    def seeds_change_nothing(self) -> bool:
        """Whether the difference is the same with every seed, and not zero.

        The runs may ignore their seed, or the test images are so few that
        differences are equal by chance. The width of the interval, zero, then
        says nothing.
        """
        first, *others = self.differences.values()
        return (
            bool(others)
            and first != 0
            and all(math.isclose(d, first, abs_tol=1e-9) for d in others)
        )

    @property
    def verdict(self) -> Verdict:
        """What the comparison shows."""
        if self.obstacle:
            return "incomparable"
        if self.interval is None or self.seeds_change_nothing:
            return "unclear"
        low, high = self.interval
        if low > 0:
            return "better"
        if high < 0:
            return "worse"
        within = -self.smallest <= low and high <= self.smallest
        return "equivalent" if within else "unclear"

    def more_seeds(self) -> tuple[int, float] | None:
        """Return how many more seeds would show which difference.

        The difference is the smallest that matters. If the seeds of the
        comparison suffice for it, it is halved until they do not.

        Returns:
            (number of seeds, difference in points), or None if the deviation
            is unknown, or the number too large to be of use.
        """
        count = len(self.differences)
        if count < 2:
            return None
        deviation = statistics.stdev(self.differences.values())
        difference = self.smallest
        while True:
            needed = seeds_needed(difference, deviation)
            if needed is None or deviation == 0:
                return None
            if needed > count:
                return needed - count, difference
            difference /= 2


def choose_baseline(
    groups: Sequence[RunGroup], name: str | None = None
) -> RunGroup:
    """Choose the group that the others are compared with.

    Args:
        groups: The groups.
        name: Name of the group, or its method if only one group has it. None
            chooses the normal group with as many passes as most groups; the
            first group if none is normal.

    Returns:
        The baseline.

    Raises:
        ValueError: No group has the name, or several have the method.
    """
    if name is not None:
        return _named(groups, name)
    normal = [group for group in groups if group.method == "normal"]
    passes = [group.passes for group in groups]
    return max(
        normal or groups[:1], key=lambda group: passes.count(group.passes)
    )


def _named(groups: Sequence[RunGroup], name: str) -> RunGroup:
    matches = [g for g in groups if g.name == name]
    matches = matches or [g for g in groups if g.method == name]
    if len(matches) != 1:
        names = ", ".join(group.name for group in groups)
        raise ValueError(
            f"Argument `baseline` must be the name of one group: {names}. "
            f"Received: baseline={name!r}"
        )
    return matches[0]


def compare(
    group: RunGroup,
    baseline: RunGroup,
    smallest: float = SMALLEST_DIFFERENCE,
    part: str = "",
) -> Comparison:
    """Compare a group with the baseline.

    Args:
        group: The group.
        baseline: The baseline, of which the last epoch counts.
        smallest: Smallest difference that matters, in percentage points,
            above 0.
        part: Which network of the group, one of `RunGroup.parts`. Defaults
            to that of the last epoch.

    Returns:
        The comparison. Groups of other images, of other numbers of passes or
        without a common seed are not subtracted.

    Raises:
        ValueError: `smallest` is not above 0.
    """
    if not smallest > 0:
        raise ValueError(
            "Argument `smallest_difference` must be above 0. Received: "
            f"smallest_difference={smallest:g}"
        )
    obstacle = _obstacle(group, baseline)
    differences = {}
    if not obstacle:
        values, base = group.last_percents(part), baseline.last_percents()
        common = sorted(values.keys() & base.keys())
        differences = {seed: values[seed] - base[seed] for seed in common}
    return Comparison(
        group.name, baseline.name, smallest, differences, obstacle, part
    )


def _obstacle(group: RunGroup, baseline: RunGroup) -> str:
    for key, label in (
        ("dataset", "data set"),
        ("training_images", "number of training images"),
        ("validation_images", "number of validation images"),
        ("classes", "number of classes"),
    ):
        value, base = (g.runs[0].summary.get(key) for g in (group, baseline))
        if value != base:
            return f"another {label} ({value}, not {base})"
    names, base_names = (
        g.runs[0].summary.get("class_names") for g in (group, baseline)
    )
    # Summaries of older versions have no names.
    if names and base_names and names != base_names:
        pairs = zip(names, base_names, strict=True)
        name, base = next(pair for pair in pairs if pair[0] != pair[1])
        return f"other classes (such as {name}, not {base})"
    if other := _other_images(group.runs[0].summary, baseline.runs[0].summary):
        return other
    if group.passes != baseline.passes:
        return (
            f"{group.passes:g} passes over the data, not the "
            f"{baseline.passes:g} of {baseline.name}"
        )
    if not group.seeds.keys() & baseline.seeds.keys():
        return f"no seed in common with {baseline.name}"
    return ""


def _other_images(run: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    # The same images have another checksum in another size.
    if run.get("image_shape") != base.get("image_shape"):
        return ""
    for key in IMAGES:
        checksums = run.get(key), base.get(key)
        # Summaries of older versions have none.
        if None not in checksums and checksums[0] != checksums[1]:
            return f"other {key.removesuffix('_crc32')} images"
    return ""


def compare_all(
    groups: Sequence[RunGroup],
    baseline: RunGroup,
    smallest: float = SMALLEST_DIFFERENCE,
) -> list[Comparison]:
    """Compare all other groups with the baseline.

    A group with averaged networks, or an ensemble, has a comparison for these,
    too: they are what its method is for.

    Args:
        groups: The groups.
        baseline: The baseline, which may be among them.
        smallest: Smallest difference that matters, in percentage points.

    Returns:
        The comparisons from the largest difference down; then the groups
        that are not compared.
    """
    comparisons = [
        compare(group, baseline, smallest, part)
        for group in groups
        for part in ("", *group.parts)
        if part or group is not baseline
    ]
    return sorted(
        comparisons, key=lambda c: (bool(c.obstacle), -_mean_or_zero(c))
    )


def _mean_or_zero(comparison: Comparison) -> float:
    return comparison.mean if comparison.differences else 0.0

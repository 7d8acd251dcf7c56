"""How many seeds would tell more about finalists that cannot be told apart."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping

from seal_tf.reports.comparison import Comparison
from seal_tf.reports.power import seeds_needed
from seal_tf.reports.verdict import format_points
from seal_tf.study.worker import StudyResult

#: More seeds than this are not recommended.
PRACTICAL_SEEDS = 30


@dataclasses.dataclass(frozen=True)
class MoreSeeds:
    """How many seeds would show more.

    Args:
        candidate: Label of the candidate that needs the fewest seeds.
        seeds: Seeds of each finalist, in total.
        difference: The difference that they would show, in points.
        time: What the missing seeds take: "40 minutes", or "640 passes".
    """

    candidate: str
    seeds: int
    difference: float
    time: str


def count_more_seeds(
    result: StudyResult, comparisons: Mapping[str, Comparison]
) -> MoreSeeds | None:
    """Return how many seeds would show more.

    Args:
        result: The result of the study.
        comparisons: What `compare_finalists` returned.

    Returns:
        The fewest seeds that would, or None if nothing is unclear, or too
        unclear.
    """
    trained = set().union(*result.scores.values())
    needed = []
    for comparison in comparisons.values():
        if comparison.verdict == "unclear":
            more = _practical_seeds(comparison)
            if more is not None:
                seeds, difference = more
                # Seeds that have failed count for `--seeds`, too.
                seeds += len(trained) - len(comparison.differences)
                needed.append((seeds, difference, comparison.name))
    if not needed:
        return None
    seeds, difference, name = min(needed)
    plan = result.plan
    missing = sum(seeds - len(scores) for scores in result.scores.values())
    time = plan.time.describe(max(0, missing) * plan.final_time)
    return MoreSeeds(name, seeds, difference, time)


def _practical_seeds(comparison: Comparison) -> tuple[int, float] | None:
    """Return (seeds, difference in points) that they would show.

    If the smallest difference that matters needs more than `PRACTICAL_SEEDS`,
    it is doubled until it does not.
    """
    more = comparison.more_seeds()
    if more is None:
        return None
    count = len(comparison.differences)
    seeds: int | None = count + more[0]
    difference = more[1]
    deviation = statistics.stdev(comparison.differences.values())
    while seeds is None or seeds > PRACTICAL_SEEDS:
        difference *= 2
        seeds = seeds_needed(difference, deviation)
    return (seeds, difference) if seeds > count else None


def describe_more_seeds(more: MoreSeeds, baseline: str) -> str:
    """Describe how many seeds would show more.

    Args:
        more: The seeds.
        baseline: Label of the baseline.
    """
    return (
        f"{more.seeds} seeds would tell {more.candidate} from {baseline}, if "
        f"they differ by {format_points(more.difference)} (power of 80 %, from "
        f"the spread of few seeds): about {more.time} more. This command "
        "continues the study:"
    )

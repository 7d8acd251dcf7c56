"""The numbers that figures and interactive charts of runs show."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from seal_tf.reports.run_groups import RunGroup
from seal_tf.reports.runs import Run
from seal_tf.utils import plot_style
from seal_tf.utils.statistics import mean_and_deviation

#: Color, marker and dashes of each group, by name.
Styles = Mapping[str, Mapping[str, str]]


@dataclasses.dataclass(frozen=True)
class Line:
    """A line with its spread.

    Args:
        x: Positions.
        mean: Means over seeds.
        spread: Standard deviations over seeds; for a single run, half of the
            95 % interval over validation images.
    """

    x: list[float]
    mean: list[float]
    spread: list[float]


@dataclasses.dataclass(frozen=True)
class GenerationSeries:
    """The validation accuracy after each generation.

    Args:
        x_label: What the positions are.
        lines: A line for each group, by name, in percent.
    """

    x_label: str
    lines: dict[str, Line]


def group_styles(
    groups: Sequence[RunGroup], baseline: RunGroup | None
) -> Styles:
    """Return the line style of each group, by name.

    Args:
        groups: The groups.
        baseline: The baseline, which is gray. None chooses as
            `plot_style.method_styles` does.
    """
    index = next((i for i, g in enumerate(groups) if g is baseline), None)
    styles = plot_style.method_styles([g.method for g in groups], index)
    return {g.name: s for g, s in zip(groups, styles, strict=True)}


def end_of_generations(groups: Sequence[RunGroup]) -> GenerationSeries:
    """Return the validation accuracy after each generation's last epoch.

    The positions are generations. If groups have different numbers of
    generations, they are passes over the data.

    Args:
        groups: The groups.
    """
    by_generation = len({group.num_generations for group in groups}) == 1
    lines = {}
    for group in groups:
        statistics = [
            mean_and_deviation(
                100 * accuracy for accuracy in group.last_accuracies(g)
            )
            for g in range(group.num_generations)
        ]
        mean = [value for value, _ in statistics]
        spread = [deviation or 0.0 for _, deviation in statistics]
        if len(group.runs) == 1:
            spread = [accuracy_margin(group.runs[0], m / 100) for m in mean]
        x: list[float] = [
            g + 1 if by_generation else _passes(group, g)
            for g in range(group.num_generations)
        ]
        lines[group.name] = Line(x, mean, spread)
    label = "generation" if by_generation else "passes over the data"
    return GenerationSeries(label, lines)


def _passes(group: RunGroup, generation: int) -> float:
    """Return the passes over the data at the end of a generation."""
    run = group.runs[0]
    epochs = [e["epoch"] for e in run.epochs if e["generation"] == generation]
    return (1 + max(epochs)) * run.passes / run.summary["epochs"]


def accuracy_margin(run: Run, accuracy: float) -> float:
    """Return half of the binomial 95 % interval of an accuracy.

    Args:
        run: The run whose validation set was evaluated.
        accuracy: The accuracy in [0, 1].

    Returns:
        The margin in percentage points.
    """
    variance = accuracy * (1 - accuracy) / run.summary["validation_images"]
    return 196 * variance**0.5


def mean_by_epoch(
    group: RunGroup, key: str, factor: float = 1.0
) -> tuple[list[int], list[float]]:
    """Return a metric by epoch, averaged over the seeds of a group.

    Args:
        group: The group.
        key: Name of the metric in `metrics.jsonl`.
        factor: Factor of the values.

    Returns:
        (epochs from 1, means). Epochs in which a value of any seed is not
        finite are omitted.
    """
    rows = list(zip(*(run.epochs for run in group.runs), strict=True))
    finite = [row for row in rows if all(e[key] is not None for e in row)]
    return (
        [row[0]["epoch"] + 1 for row in finite],
        [factor * math.fsum(e[key] for e in r) / len(r) for r in finite],
    )


def phase_spans(groups: Sequence[RunGroup]) -> list[tuple[float, float]]:
    """Return the spans of epochs in which early layers ascend.

    Args:
        groups: The groups.

    Returns:
        (start, end) of each span, on an axis of epochs from 1; empty if the
        ascents of the groups differ.
    """
    ascents = {
        tuple(
            e["epoch"] for e in group.runs[0].epochs if e["phase"] == "ascent"
        )
        for group in groups
    } - {()}
    if len(ascents) != 1:
        return []
    spans: list[tuple[float, float]] = []
    for epoch in ascents.pop():
        if spans and spans[-1][1] == epoch + 0.5:
            spans[-1] = (spans[-1][0], epoch + 1.5)
        else:
            spans.append((epoch + 0.5, epoch + 1.5))
    return spans

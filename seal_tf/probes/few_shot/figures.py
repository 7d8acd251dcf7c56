"""The figures of the few-shot probe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seal_tf.probes.few_shot.tables import (
    paired_differences,
    setting_rows,
    summarize_differences,
)
from seal_tf.probes.report_parts import FigurePart, GroupedResult
from seal_tf.probes.transfer_report import (
    Point,
    accuracy_point,
    describe_points,
    methods_of,
    plot_accuracies,
)


def few_shot_figure(
    results: Sequence[GroupedResult], setting: str, name: str
) -> FigurePart:
    """Plot the accuracy of one setting by data set and network.

    A second panel shows the paired differences to the first normal network,
    or to the first of all.

    Args:
        results: Results of the few-shot probe.
        setting: Name of the setting.
        name: Name of the figure's file, without the suffix.
    """
    methods = methods_of(results)
    reference = next(iter(methods))
    columns: dict[str, dict[str, Point]] = {}
    differences: dict[str, dict[str, Point]] = {}
    chance = {}
    for result in results:
        for group, entries in result.groups.items():
            rows = setting_rows(entries, setting)
            if not rows:
                continue
            margin = rows[0]["margin_of_error"] or 0
            value = rows[0]["mean"]
            columns.setdefault(result.label, {})[group] = accuracy_point(
                [row["mean"] for row in rows],
                (value - margin, value + margin),
            )
            chance[result.label] = 1 / _count_classes(rows[0], result)
            pairs = paired_differences(
                entries, result.groups.get(reference, []), setting
            )
            if group != reference and pairs:
                mean, half = summarize_differences(pairs)
                half = half or 0.0
                point = (mean, mean - half, mean + half)
                differences.setdefault(result.label, {})[group] = point
    caption = (
        f"{setting}; dashed: chance. Bars: 95 % interval over episodes for one "
        "seed, standard deviation over seeds for several."
    )
    if differences:
        caption += (
            f" Right: difference to {reference} on the same episodes, with its "
            "95 % interval."
        )
    return FigurePart(
        name,
        plot_accuracies(
            columns, f"{setting} accuracy (%)", methods, chance, differences
        ),
        caption,
        f"{setting} accuracy. {describe_points(columns)}",
    )


def _count_classes(row: dict[str, Any], result: GroupedResult) -> int:
    """Return the classes of an episode."""
    excluded = len(row.get("excluded_classes", ()))
    return row.get("ways") or max(1, result.data["classes"] - excluded)

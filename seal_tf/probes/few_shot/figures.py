"""The figures of the few-shot probe."""

from __future__ import annotations

from collections.abc import Sequence

from seal_tf.probes.few_shot.tables import setting_rows
from seal_tf.probes.report_parts import FigurePart, GroupedResult
from seal_tf.probes.transfer_report import (
    Point,
    accuracy_point,
    plot_accuracies,
)


def few_shot_figure(
    results: Sequence[GroupedResult], setting: str, name: str
) -> FigurePart:
    """Plot the accuracy of one setting by data set and network.

    Args:
        results: Results of the few-shot probe.
        setting: Name of the setting.
        name: Name of the figure's file, without the suffix.
    """
    columns: dict[str, dict[str, Point]] = {}
    for result in results:
        for group, entries in result.groups.items():
            rows = setting_rows(entries, setting)
            if rows:
                margin = rows[0]["margin_of_error"] or 0
                value = rows[0]["mean"]
                columns.setdefault(result.label, {})[group] = accuracy_point(
                    [row["mean"] for row in rows],
                    (value - margin, value + margin),
                )
    return FigurePart(
        name,
        plot_accuracies(columns, f"{setting} accuracy (%)"),
        f"{setting}. Bars: 95 % interval over episodes for one seed, standard "
        "deviation over seeds for several.",
    )

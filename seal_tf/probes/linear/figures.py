"""The figure of the linear probe."""

from __future__ import annotations

from collections.abc import Sequence

from seal_tf.probes.report_parts import FigurePart, GroupedResult
from seal_tf.probes.transfer_report import (
    Point,
    accuracy_point,
    describe_points,
    methods_of,
    plot_accuracies,
)


def linear_figure(results: Sequence[GroupedResult]) -> FigurePart:
    """Plot top-1 by data set and network.

    Args:
        results: Results of the linear probe, with different labels.
    """
    columns: dict[str, dict[str, Point]] = {
        result.label: {
            name: accuracy_point(
                [entry["results"]["top1"] for entry in entries],
                tuple(entries[0]["results"]["interval"]),
            )
            for name, entries in result.groups.items()
        }
        for result in results
    }
    return FigurePart(
        "linear",
        plot_accuracies(
            columns, "linear probe, top-1 (%)", methods_of(results)
        ),
        "Linear probe. Bars: 95 % interval over test images for one seed, "
        "standard deviation over seeds for several.",
        "Top-1 of the linear probe. " + describe_points(columns),
    )

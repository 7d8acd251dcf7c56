"""Draw the figures of a study."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seal_tf.reports.series import Styles
from seal_tf.utils import plot_style
from seal_tf.utils.plot_colors import LIGHT
from studies.comparison import MethodResult
from studies.curves import mean_curves
from studies.results import Results
from studies.retention import Measurement, retained_fraction, split_ascents
from studies.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_methods(
    study: Study, rows: Sequence[MethodResult], title: str, metric: str
) -> Figure:
    """Draw one line per method: seeds as dots, their mean as a bar.

    Args:
        study: The study. A vertical line shows its first baseline.
        rows: The methods.
        title: Title of the figure.
        metric: Label of the x axis.
    """
    figure, ax = _horizontal_axes(8, 0.32 * len(rows) + 1.2)
    styles = row_styles(study, rows)
    for y, row in enumerate(rows):
        color = styles[row.label]["color"]
        ax.plot(
            list(row.values.values()),
            [y] * len(row.values),
            linestyle="none",
            marker="o",
            markersize=5,
            alpha=0.5,
            color=color,
        )
        ax.plot(
            [row.mean],
            [y],
            marker="|",
            markersize=16,
            markeredgewidth=2.5,
            color=color,
        )
    baseline = next((r for r in rows if r.method in study.baselines[:1]), None)
    if baseline is not None:
        ax.axvline(baseline.mean, color=LIGHT.muted, linestyle=":", zorder=0)
    ax.set_yticks(range(len(rows)), [row.label for row in rows])
    ax.invert_yaxis()
    ax.set_xlabel(f"{metric}; dots: seeds, bar: mean")
    ax.set_title(title, loc="left", fontsize=10)
    return figure


def row_styles(study: Study, rows: Sequence[MethodResult]) -> Styles:
    """Return the line style of each row, by its label.

    Args:
        study: The study. Its first baseline is gray.
        rows: The methods.
    """
    names = [row.method.split()[0] for row in rows]
    baseline = (
        names.index(study.baselines[0])
        if (study.baselines and study.baselines[0] in names)
        else None
    )
    styles = plot_style.method_styles(
        [study.training_methods.get(name) for name in names], baseline
    )
    return {row.label: s for row, s in zip(rows, styles, strict=True)}


def draw_curves(
    study: Study,
    results: Results,
    setting: str,
    rows: Sequence[MethodResult],
) -> Figure | None:
    """Draw validation and training accuracy by epoch, as means over seeds.

    Args:
        study: The study.
        results: Its results.
        setting: Name of the setting.
        rows: The methods of the setting.

    Returns:
        The figure; None if no result has its accuracies by epoch.
    """
    validation = mean_curves(study, results, setting, "val_accuracy")
    if not validation:
        return None
    training = mean_curves(study, results, setting, "accuracy")
    styles = row_styles(study, rows)
    figure, axes = plot_style.new_figure(8, 5.5, rows=2, sharex=True)
    for ax, curves in zip(axes, (validation, training), strict=True):
        for label, values in curves.items():
            style = {**styles[label], "marker": "", "linewidth": 1.2}
            # Epochs without validation have no value; the line passes them.
            points = [
                (epoch, value)
                for epoch, value in enumerate(values, 1)
                if math.isfinite(value)
            ]
            ax.plot(*zip(*points, strict=True), label=label, **style)
    axes[0].set_ylabel("validation accuracy (%)")
    axes[1].set_ylabel("training accuracy (%)")
    axes[1].set_xlabel("epoch")
    plot_style.add_legend(axes[0])
    return figure


def draw_overview(
    study: Study, differences: Mapping[str, Mapping[str, float]]
) -> Figure:
    """Draw the differences to the first baseline in all settings.

    Args:
        study: The study.
        differences: Result of `comparison.mean_differences`.
    """
    figure, ax = _horizontal_axes(9, 0.32 * len(differences) + 1.5)
    settings = [
        setting
        for setting in study.settings
        if any(setting in row for row in differences.values())
    ]
    for i, setting in enumerate(settings):
        points = [
            (row[setting], y)
            for y, row in enumerate(differences.values())
            if setting in row
        ]
        ax.plot(
            [x for x, _ in points],
            [y + 0.1 * (i - (len(settings) - 1) / 2) for _, y in points],
            linestyle="none",
            marker=plot_style.MARKERS[i % len(plot_style.MARKERS)],
            color=plot_style.COLORS[i % len(plot_style.COLORS)],
            label=study.settings[setting],
        )
    ax.axvline(0, color=LIGHT.muted, linestyle=":", zorder=0)
    ax.set_yticks(range(len(differences)), list(differences))
    ax.invert_yaxis()
    ax.set_xlabel(f"minus {study.methods[study.baselines[0]]} (points)")
    ax.legend(
        frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1)
    )
    return figure


def _horizontal_axes(width: float, height: float) -> tuple[Figure, Axes]:
    figure, ax = plot_style.new_figure(width, height)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color=LIGHT.grid, linewidth=0.8)
    return figure, ax


def draw_retention(
    study: Study, results: Results, setting: str
) -> Figure | None:
    """Draw the retained accuracy and S at each measurement of the search.

    Args:
        study: The study.
        results: Its results.
        setting: Name of the setting.

    Returns:
        The figure; None if no run of the setting searched S.
    """
    searches = {
        (method, seed): split_ascents(record["result"]["scale_measurements"])
        for (name, method, seed), record in results.items()
        if name == setting and "scale_measurements" in record["result"]
    }
    if not searches:
        return None
    methods = list(dict.fromkeys(method for method, _ in searches))
    figure, (accuracy_ax, scale_ax) = plot_style.new_figure(
        10, 5, rows=2, sharex=True
    )
    labeled = set()
    for (method, _), ascents in searches.items():
        style = _retention_style(methods.index(method))
        label = None if method in labeled else study.methods[method]
        labeled.add(method)
        _plot_ascents((accuracy_ax, scale_ax), ascents, label, style)
    accuracy_ax.set_ylabel("retained training accuracy\nabove chance (%)")
    accuracy_ax.set_ylim(bottom=0)
    figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    scale_ax.set_yscale("log")
    scale_ax.set_ylabel("S")
    count = max(map(len, searches.values()))
    scale_ax.set_xticks(
        [n + 0.5 for n in range(count)],
        [f"ascent {n + 1}" for n in range(count)],
    )
    return figure


def _retention_style(index: int) -> dict[str, Any]:
    return plot_style.line_style(index) | {"markersize": 3, "linewidth": 1}


def _plot_ascents(
    axes: tuple[Axes, Axes],
    ascents: Sequence[Sequence[Measurement]],
    label: str | None,
    style: Mapping[str, Any],
) -> None:
    """Plot each ascent of one run on an interval of length 1."""
    accuracy_ax, scale_ax = axes
    for number, ascent in enumerate(ascents):
        x = [number + j / len(ascent) for j in range(len(ascent))]
        accuracy_ax.plot(
            x,
            [100 * retained_fraction(m, ascent[0]) for m in ascent],
            label=label if number == 0 else None,
            **style,
        )
        scale_ax.plot(x, [m["scale"] for m in ascent], **style)

"""Tables and figures of accuracies on several data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from seal_tf.probes import published
from seal_tf.probes.report_parts import (
    Entry,
    GroupedResult,
    Rows,
    Table,
    training_generations,
    training_method,
)
from seal_tf.utils import plot_style
from seal_tf.utils.plot_colors import LIGHT
from seal_tf.utils.statistics import mean_and_deviation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: (accuracy, low, high), in [0, 1].
Point = tuple[float, float, float]


def transfer_table(
    results: Sequence[GroupedResult],
    format_cell: Callable[[list[Entry]], str],
    published_table: Mapping[str, published.Values],
) -> Table:
    """Create a table with a row for each group, a column for each data set.

    Published values have columns of their own. They are of whole data sets,
    so a result on a part of one has no such column.

    Args:
        results: Results of one probe.
        format_cell: Formats the entries of one group on one data set.
        published_table: Published values by data set.
    """
    columns = [
        (result, published.published_values(published_table, result.data))
        for result in results
    ]
    header = ["network", "seeds"]
    for result, values in columns:
        header.append(result.label)
        if values:
            header.append(f"{result.label}, published")
    groups: dict[str, list[list[Entry]]] = {}
    for result, _ in columns:
        for name, entries in result.groups.items():
            groups.setdefault(name, []).append(entries)
    rows: Rows = [header]
    for name, of_columns in groups.items():
        entries = of_columns[0]
        counts = [len(entries) for entries in of_columns]
        fewest, most = str(min(counts)), str(max(counts))
        row = [name, fewest if fewest == most else f"{fewest} to {most}"]
        for result, values in columns:
            row.append(
                format_cell(result.groups[name])
                if name in result.groups
                else ""
            )
            if values:
                row.append(
                    published.format_nearest(
                        values,
                        training_method(entries),
                        training_generations(entries),
                    )
                )
        rows.append(row)
    caption = (
        "One seed: accuracy with its 95 % interval over test images or "
        "episodes. Several seeds: mean ± standard deviation over seeds."
    )
    if any(values for _, values in columns):
        caption += (
            f" {published.SETTING}; the protocols of its probes are not "
            "published."
        )
    return Table(rows, caption)


def accuracy_point(
    values: Iterable[float], interval: tuple[float, float]
) -> Point:
    """Return an accuracy with its error bar.

    Args:
        values: Accuracies of the seeds, in [0, 1].
        interval: (low, high) of the first seed.

    Returns:
        (mean, low, high): the mean ± the standard deviation for several
        seeds, the interval for one.
    """
    mean, deviation = mean_and_deviation(values)
    if deviation is None:
        return (mean, *interval)
    return (mean, mean - deviation, mean + deviation)


def plot_accuracies(
    columns: Mapping[str, Mapping[str, Point]],
    label: str,
    methods: Mapping[str, str | None],
    chance: Mapping[str, float] | None = None,
    differences: Mapping[str, Mapping[str, Point]] | None = None,
) -> Figure:
    """Plot the accuracy of every network on every data set.

    Args:
        columns: Points by data set and network.
        label: Label of the x axis.
        methods: Method of each network, by name.
        chance: Accuracy of chance in [0, 1] by data set, which a dashed line
            shows.
        differences: Differences to the first network, as points, by data set
            and network, which a second panel shows.
    """
    rows = [(d, n) for d, points in columns.items() for n in points]
    headings = len(columns) > 1
    y_of, y = {}, 0.0
    for position, (data_set, name) in enumerate(rows):
        is_first = position == 0 or rows[position - 1][0] != data_set
        y += 0.8 if headings and is_first else 0.0
        y_of[data_set, name] = y
        y += 1
    panels = 2 if differences and any(differences.values()) else 1
    figure, axes = plot_style.new_figure(
        6.5, 1 + 0.3 * y, 1, panels, squeeze=False
    )
    styles = dict(
        zip(
            methods,
            plot_style.method_styles(list(methods.values())),
            strict=True,
        )
    )
    all_points = [columns, differences or {}][:panels]
    for ax, points in zip(axes[0], all_points, strict=True):
        ax.grid(axis="y", visible=False)
        ax.grid(axis="x", color=LIGHT.grid, linewidth=0.8)
        for (data_set, name), height in y_of.items():
            if name in points.get(data_set, {}):
                _plot_point(ax, points[data_set][name], height, styles[name])
        ax.set_ylim(y - 0.5, -0.5)
        ax.set_yticks([])
    ax = axes[0, 0]
    ax.set_yticks(list(y_of.values()), [name for _, name in y_of])
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(label)
    for data_set, points_of_set in columns.items():
        positions = [y_of[data_set, name] for name in points_of_set]
        low, high = min(positions) - 0.45, max(positions) + 0.45
        if headings:
            ax.text(
                0.01,
                low - 0.02,
                data_set,
                transform=ax.get_yaxis_transform(),
                fontsize=9,
                fontweight="bold",
                color=LIGHT.ink,
            )
        if chance and data_set in chance:
            x = 100 * chance[data_set]
            ax.plot([x, x], [low, high], "--", color=LIGHT.muted, linewidth=1.2)
    if panels > 1:
        axes[0, 1].axvline(0, color=LIGHT.muted, linewidth=1)
        axes[0, 1].set_xlabel(f"points more than {next(iter(methods))}")
    return figure


def _plot_point(
    ax: Axes, point: Point, y: float, style: Mapping[str, str]
) -> None:
    value, low, high = point
    ax.errorbar(
        [100 * value],
        [y],
        xerr=[[100 * (value - low)], [100 * (high - value)]],
        color=style["color"],
        marker=style["marker"],
        linestyle="none",
        capsize=3,
    )


def methods_of(results: Iterable[GroupedResult]) -> dict[str, str | None]:
    """Return the method of each group of networks, by name.

    Args:
        results: Results of one probe. The first normal training comes first,
            because other networks are compared with it.
    """
    methods = {
        name: training_method(entries)
        for result in results
        for name, entries in result.groups.items()
    }
    reference = next((n for n, m in methods.items() if m == "normal"), None)
    if reference is not None:
        methods = {reference: methods[reference], **methods}
    return methods


def describe_points(columns: Mapping[str, Mapping[str, Point]]) -> str:
    """Describe the accuracies of a figure in words.

    Args:
        columns: Points by data set and network.
    """
    return "; ".join(
        f"{data_set}: "
        + ", ".join(f"{n} {100 * p[0]:.1f} %" for n, p in points.items())
        for data_set, points in columns.items()
    )

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
from seal_tf.utils.statistics import mean_and_deviation

if TYPE_CHECKING:
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
    groups: dict[str, list[Entry]] = {}
    for result, _ in columns:
        groups = {**result.groups, **groups}
    order = {name: None for r, _ in columns for name in r.groups}
    rows: Rows = [header]
    for name in order:
        entries = groups[name]
        row = [name, str(len(entries))]
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
    columns: Mapping[str, Mapping[str, Point]], label: str
) -> Figure:
    """Plot the accuracy of every network on every data set.

    Args:
        columns: Points by data set and network.
        label: Label of the y axis.
    """
    names = list(
        dict.fromkeys(n for points in columns.values() for n in points)
    )
    figure, ax = plot_style.new_figure(max(6, 2.2 * len(columns) + 3), 4.2)
    width = min(0.15, 0.6 / max(1, len(names) - 1))
    for i, name in enumerate(names):
        points = [
            (x, column[name])
            for x, column in enumerate(columns.values())
            if name in column
        ]
        ax.errorbar(
            [x + (i - (len(names) - 1) / 2) * width for x, _ in points],
            [100 * value for _, (value, _, _) in points],
            yerr=[
                [100 * (value - low) for _, (value, low, _) in points],
                [100 * (high - value) for _, (value, _, high) in points],
            ],
            color=plot_style.COLORS[i % len(plot_style.COLORS)],
            marker=plot_style.MARKERS[i % len(plot_style.MARKERS)],
            linestyle="none",
            capsize=3,
            label=name,
        )
    ax.set_xticks(
        range(len(columns)),
        [name.replace(", ", "\n", 1) for name in columns],
        fontsize=9,
    )
    ax.set_xlim(-0.6, len(columns) - 0.4)
    ax.set_ylabel(label)
    plot_style.add_legend(ax)
    return figure

"""The static figures of runs."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seal_tf.reports.comparison import Comparison
from seal_tf.reports.run_groups import RunGroup
from seal_tf.reports.runs import Run
from seal_tf.reports.series import (
    Styles,
    end_of_generations,
    mean_by_epoch,
    phase_spans,
)
from seal_tf.reports.verdict import format_interval, format_points
from seal_tf.utils import plot_style
from seal_tf.utils.plot_colors import LAYERS, LIGHT, SPLITS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Width in inches of figures that a telephone shows whole.
_NARROW = 4.7
#: Characters of a line in labels of groups.
_LABEL_WIDTH = 22


def plot_differences(
    comparisons: Sequence[Comparison], styles: Styles
) -> Figure:
    """Plot the differences to the baseline with their intervals.

    Groups that are not compared have a row with the reason. The shaded band
    contains the differences that do not matter.

    Args:
        comparisons: The comparisons, from the first row down.
        styles: Line style of each group, by name.
    """
    count = len(comparisons)
    figure, ax = plot_style.new_figure(_NARROW, 1.1 + 0.5 * count)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color=LIGHT.grid, linewidth=0.8)
    smallest = comparisons[0].smallest
    ax.axvspan(-smallest, smallest, color=LIGHT.shade, lw=0, zorder=0)
    ax.axvline(0, color=LIGHT.muted, linewidth=1, zorder=1)
    for y, comparison in enumerate(comparisons):
        _plot_difference(ax, y, comparison, styles)
    ax.set_ylim(count - 0.5, -0.5)
    low, high = ax.get_xlim()
    low, high = min(low, -1.3 * smallest), max(high, 1.3 * smallest)
    # Room for the numbers above the outermost points.
    room = 0.08 * (high - low)
    ax.set_xlim(low - room, high + room)
    ax.set_yticks(
        range(count),
        [textwrap.fill(c.label, _LABEL_WIDTH) for c in comparisons],
    )
    ax.tick_params(axis="y", length=0)
    base = textwrap.shorten(comparisons[0].baseline, 40, placeholder="…")
    ax.set_xlabel(
        f"points more than {base}\n"
        "(bars: 95 % intervals; shaded: less than "
        f"{format_points(smallest)})",
        fontsize=9,
    )
    return figure


def _plot_difference(
    ax: Axes, y: int, comparison: Comparison, styles: Styles
) -> None:
    if comparison.obstacle:
        text = f"not compared: {comparison.obstacle}"
        ax.text(
            0.02,
            y,
            textwrap.fill(text, 46),
            transform=ax.get_yaxis_transform(),
            va="center",
            fontsize=8,
            color=LIGHT.muted,
            style="italic",
        )
        return
    style = styles[comparison.name]
    ax.errorbar(
        [comparison.mean],
        [y],
        xerr=comparison.margin,
        color=style["color"],
        marker=style["marker"],
        capsize=4,
        linewidth=2,
    )
    ax.text(
        comparison.mean,
        y - 0.17,
        format_interval(comparison),
        ha="center",
        va="bottom",
        fontsize=8.5,
        color=LIGHT.ink,
    )


def plot_accuracy_by_generation(
    groups: Sequence[RunGroup], styles: Styles
) -> Figure:
    """Plot the validation accuracy after each generation's last epoch.

    The x axis is the generation; if groups have different numbers of
    generations, it is the number of passes over the data. Bands are the
    standard deviation over seeds. Bars of a single run are the 95 % interval
    over validation images.

    Args:
        groups: The groups; each is a line.
        styles: Line style of each group, by name.
    """
    figure, ax = plot_style.new_figure(_NARROW, 3.6)
    series = end_of_generations(groups)
    for group in groups:
        line, style = series.lines[group.name], styles[group.name]
        label = group.name
        if len(group.runs) > 1:
            ax.fill_between(
                line.x,
                [m - d for m, d in zip(line.mean, line.spread, strict=True)],
                [m + d for m, d in zip(line.mean, line.spread, strict=True)],
                color=style["color"],
                alpha=0.16,
                linewidth=0,
            )
            label += f", {len(group.runs)} seeds"
            ax.plot(line.x, line.mean, label=label, **style)
        else:
            ax.errorbar(
                line.x, line.mean, line.spread, capsize=3, label=label, **style
            )
    ax.set_xlabel(series.x_label)
    ax.set_ylabel("validation accuracy (%)")
    _set_integer_ticks(ax)
    plot_style.add_legend(ax)
    return figure


def plot_epochs(groups: Sequence[RunGroup], styles: Styles) -> Figure:
    """Plot validation accuracy and loss of all groups by epoch.

    Args:
        groups: The groups; each has a thick line, the mean over seeds, and a
            thin one for each seed.
        styles: Line style of each group, by name.
    """
    figure, axes = plot_style.new_figure(_NARROW, 5.2, rows=2, sharex=True)
    for group in groups:
        style = {**styles[group.name], "marker": ""}
        for ax, key, factor in zip(
            axes, ("val_accuracy", "val_loss"), (100, 1), strict=True
        ):
            if len(group.runs) > 1:
                for run in group.runs:
                    x, y = _curve(run, key, factor)
                    ax.plot(x, y, color=style["color"], alpha=0.3, lw=0.8)
            x, y = mean_by_epoch(group, key, factor)
            ax.plot(x, y, label=group.name, linewidth=1.8, **style)
    axes[0].set_ylabel("validation accuracy (%)")
    axes[1].set_ylabel("validation loss")
    axes[1].set_xlabel("epoch")
    _set_log_loss_axis(axes[1])
    for ax in axes:
        _shade_ascents(ax, phase_spans(groups))
        _set_integer_ticks(ax)
    plot_style.add_legend(axes[0])
    return figure


def _curve(run: Run, key: str, factor: float) -> tuple[list[int], list[float]]:
    """Return epochs from 1 and values, without losses that are not finite."""
    epochs = [e for e in run.epochs if e[key] is not None]
    return [e["epoch"] + 1 for e in epochs], [factor * e[key] for e in epochs]


def _set_integer_ticks(ax: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _shade_ascents(ax: Axes, spans: Sequence[tuple[float, float]]) -> None:
    for low, high in spans:
        ax.axvspan(low, high, color=plot_style.SHADE, lw=0, zorder=0)


def plot_curves(group: RunGroup) -> Figure:
    """Plot accuracy, loss and signed learning rates of a group by epoch.

    Args:
        group: The group; lines of all seeds but the first are translucent.
    """
    figure, axes = plot_style.new_figure(6.5, 7, rows=3, sharex=True)
    epochs = group.runs[0].epochs
    _plot_metric(axes[0], group, ("val_accuracy", "accuracy"), 100)
    axes[0].set_ylabel("accuracy (%)")
    _plot_metric(axes[1], group, ("val_loss", "loss"), 1)
    axes[1].set_ylabel("loss")
    _set_log_loss_axis(axes[1])
    _plot_rates(axes[2], epochs)
    for ax in axes:
        _shade_ascents(ax, phase_spans([group]))
        for e in epochs[1:]:
            if e["epoch_in_generation"] == 0:
                ax.axvline(e["epoch"] + 0.5, color=LIGHT.grid, zorder=0)
        _set_integer_ticks(ax)
    plot_style.add_legend(axes[0])
    plot_style.add_legend(axes[2])
    return figure


def _plot_metric(
    ax: Axes, group: RunGroup, keys: tuple[str, str], factor: float
) -> None:
    for key, dash in zip(keys, plot_style.DASHES, strict=False):
        name = "validation" if key.startswith("val_") else "training"
        for i, run in enumerate(group.runs):
            x, y = _curve(run, key, factor)
            ax.plot(
                x,
                y,
                color=SPLITS[name],
                linestyle=dash,
                alpha=0.3 if i else 1,
                label=None if i else name,
            )


def _set_log_loss_axis(ax: Axes) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.set_yscale("log")
    ax.yaxis.set_major_formatter("{x:g}")
    # Few enough that labels do not overlap; enough that one is in range.
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    ax.yaxis.set_minor_formatter(NullFormatter())


def _plot_rates(ax: Axes, epochs: Sequence[Mapping[str, Any]]) -> None:
    x = [e["epoch"] + 1 for e in epochs]
    for part, dash in (("later", "-"), ("early", "--")):
        ax.step(
            x,
            [e[f"{part}_rate"] for e in epochs],
            color=LAYERS[part],
            linestyle=dash,
            where="mid",
            label=f"{part} layers",
        )
    ax.axhline(0, color=LIGHT.muted, linewidth=0.8)
    plot_style.set_signed_log_scale(
        ax, [e[k] for e in epochs for k in ("early_rate", "later_rate")]
    )
    ax.set_ylabel("signed learning rate")
    ax.set_xlabel("epoch")


def describe_freezing(freezing: Mapping[str, Any]) -> str:
    """Describe the times of `plot_freezing` in words.

    Args:
        freezing: As of `plot_freezing`, with a timed stage.
    """
    stages = [s for s in freezing["stages"] if s["median_seconds"]]
    first, last = stages[0], stages[-1]
    unfrozen_seconds = first["median_seconds"] / first["predicted_share"]
    return (
        f"With {last['frozen']} frozen groups, an epoch takes "
        f"{100 * last['median_seconds'] / unfrozen_seconds:.0f} % of the time "
        f"without ({100 * last['predicted_share']:.0f} % predicted)."
    )


def plot_freezing(freezing: Mapping[str, Any]) -> Figure | None:
    """Plot the time of an epoch by number of frozen groups.

    Args:
        freezing: Entry "freezing" of a run's summary.

    Returns:
        The figure, or None if no stage was long enough to be timed.
    """
    stages = [s for s in freezing["stages"] if s["median_seconds"]]
    if not stages:
        return None
    figure, ax = plot_style.new_figure(_NARROW, 3.4)
    unfrozen_seconds = (
        stages[0]["median_seconds"] / stages[0]["predicted_share"]
    )
    x = range(len(stages))
    for i, (key, factor, label) in enumerate(
        (
            ("predicted_share", 100.0, "predicted from multiply-adds"),
            ("median_seconds", 100 / unfrozen_seconds, "measured"),
        )
    ):
        ax.plot(
            x,
            [factor * s[key] for s in stages],
            marker=plot_style.MARKERS[i],
            color=plot_style.COLORS[i],
            linestyle=plot_style.DASHES[i],
            label=label,
        )
    ax.set_xticks(list(x), [str(s["frozen"]) for s in stages])
    ax.set_xlabel("frozen groups")
    ax.set_ylabel("training time of an epoch (%)")
    ax.set_ylim(bottom=0)
    plot_style.add_legend(ax)
    return figure

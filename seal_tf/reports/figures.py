"""The figures of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seal_tf.reports.run_groups import RunGroup
from seal_tf.reports.runs import Run
from seal_tf.utils import plot_style
from seal_tf.utils.statistics import mean_and_deviation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Intervals of single runs are drawn for at most this many groups.
_MAX_GROUPS_WITH_INTERVALS = 3


def plot_accuracy_by_generation(groups: Sequence[RunGroup]) -> Figure:
    """Plot the validation accuracy after each generation's last epoch.

    The x axis is the generation; if groups have different numbers of
    generations, it is the number of passes over the data. Error bars are the
    standard deviation over seeds. For a single run they are the 95 %
    interval over validation images, for at most three groups.

    Args:
        groups: The groups; each is a line.
    """
    few = len(groups) <= _MAX_GROUPS_WITH_INTERVALS
    figure, ax = plot_style.new_figure(8 if few else 10, 4)
    by_generation = len({group.num_generations for group in groups}) == 1
    for i, group in enumerate(groups):
        run = group.runs[0]
        statistics = [
            mean_and_deviation(group.last_accuracies(g))
            for g in range(group.num_generations)
        ]
        y = [100 * mean for mean, _ in statistics]
        x = [
            g["generation"] + 1 if by_generation else _passes(run, g)
            for g in run.generations
        ]
        bars = [100 * (deviation or 0) for _, deviation in statistics]
        if len(group.runs) == 1 and few:
            bars = [accuracy_margin(run, a / 100) for a in y]
        style = plot_style.line_style(i)
        if any(bars):
            # Shifted, so that bars of two groups do not overlap.
            shift = 0.04 * (i - (len(groups) - 1) / 2)
            ax.errorbar(
                [value + shift * (x[-1] - x[0] or 1) for value in x],
                y,
                yerr=bars,
                color=style["color"],
                alpha=0.35,
                linestyle="none",
                capsize=3,
            )
        text = f"{y[-1]:.1f} %"
        if len(group.runs) > 1:
            text += f", {len(group.runs)} seeds"
        ax.plot(x, y, label=f"{group.name} ({text})", **style)
    ax.set_xlabel("generation" if by_generation else "passes over the data")
    ax.set_ylabel("validation accuracy, last epoch (%)")
    ax.locator_params(axis="x", integer=True)
    plot_style.add_legend(ax)
    return figure


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


def _passes(run: Run, generation: Mapping[str, Any]) -> int:
    index = generation["generation"]
    return 1 + max(e["epoch"] for e in run.epochs if e["generation"] == index)


def plot_curves(group: RunGroup) -> Figure:
    """Plot accuracy, loss and signed learning rates by epoch.

    Args:
        group: The group; lines of all seeds but the first are translucent.
    """
    figure, axes = plot_style.new_figure(9, 8, rows=3, sharex=True)
    epochs = group.runs[0].epochs
    _plot_metric(axes[0], group, ("val_accuracy", "accuracy"), 100)
    axes[0].set_ylabel("accuracy (%)")
    _plot_metric(axes[1], group, ("val_loss", "loss"), 1)
    axes[1].set_ylabel("loss")
    _set_log_loss_axis(axes[1])
    _plot_rates(axes[2], epochs)
    for ax in axes:
        _shade_phases(ax, epochs)
        plot_style.add_legend(ax)
    axes[0].set_title(_title(epochs), loc="left", fontsize=10)
    return figure


def _plot_metric(
    ax: Axes, group: RunGroup, keys: tuple[str, str], factor: float
) -> None:
    for key, color, dash in zip(
        keys, plot_style.COLORS, plot_style.DASHES, strict=False
    ):
        name = "validation" if key.startswith("val_") else "training"
        for i, run in enumerate(group.runs):
            # The value is null for a loss that is not finite.
            epochs = [e for e in run.epochs if e[key] is not None]
            ax.plot(
                [e["epoch"] + 1 for e in epochs],
                [factor * e[key] for e in epochs],
                color=color,
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
    blue, orange = plot_style.COLORS[:2]
    x = [e["epoch"] + 1 for e in epochs]
    for key, color, dash in (
        ("later_rate", blue, "-"),
        ("early_rate", orange, "--"),
    ):
        name = key.removesuffix("_rate") + " layers"
        y = [e[key] for e in epochs]
        ax.step(x, y, color=color, linestyle=dash, where="mid", label=name)
    ax.axhline(0, color="0.4", linewidth=0.8)
    plot_style.set_signed_log_scale(
        ax, [e[k] for e in epochs for k in ("early_rate", "later_rate")]
    )
    ax.set_ylabel("signed learning rate")
    ax.set_xlabel("epoch")


def _shade_phases(ax: Axes, epochs: Sequence[Mapping[str, Any]]) -> None:
    for e in epochs:
        if e["phase"] == "ascent":
            x = e["epoch"] + 1
            ax.axvspan(x - 0.5, x + 0.5, color=plot_style.SHADE, lw=0, zorder=0)
        if e["epoch_in_generation"] == 0 and e["epoch"]:
            ax.axvline(e["epoch"] + 0.5, color="0.75", lw=0.8, zorder=0)


def _title(epochs: Sequence[Mapping[str, Any]]) -> str:
    if any(e["phase"] == "ascent" for e in epochs):
        return "shaded: ascent of the early layers; lines: new generations"
    return "lines: new generations"


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
    figure, ax = plot_style.new_figure(8, 3.8)
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
    ax.legend(frameon=False)
    return figure

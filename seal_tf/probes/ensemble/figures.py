"""The figure of an ensemble of snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seal_tf.utils import plot_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_ensemble(ensemble: Mapping[str, Any]) -> Figure:
    """Plot members and ensembles, and the lines to the last snapshot.

    Args:
        ensemble: Entry "ensemble" of a run's summary: "snapshots",
            "members", "last" and, for several snapshots, "interpolation".
    """
    lines = ensemble.get("interpolation", [])
    columns = 2 if lines else 1
    figure, axes = plot_style.new_figure(
        3.6 * columns, 3.4, columns=columns, squeeze=False
    )
    _plot_accuracies(axes[0, 0], ensemble)
    if lines:
        _plot_interpolation(axes[0, 1], lines)
    return figure


def describe_ensemble(ensemble: Mapping[str, Any]) -> str:
    """Describe the accuracies of the figure in words.

    Args:
        ensemble: As of `plot_ensemble`.
    """
    return (
        f"The ensemble of all {ensemble['snapshots']} snapshots: "
        f"{100 * ensemble['last'][-1]:.1f} %; the last snapshot alone: "
        f"{100 * ensemble['members'][-1]:.1f} %."
    )


def _plot_accuracies(ax: Axes, ensemble: Mapping[str, Any]) -> None:
    blue, orange = plot_style.COLORS[:2]
    m = range(1, ensemble["snapshots"] + 1)
    ax.plot(
        m,
        [100 * accuracy for accuracy in ensemble["members"]],
        color=orange,
        marker="s",
        linestyle="none",
        label="snapshot m",
    )
    ax.plot(
        m,
        [100 * accuracy for accuracy in ensemble["last"]],
        color=blue,
        marker="o",
        label="ensemble of the last m",
    )
    ax.set_xlabel("m")
    ax.set_ylabel("validation accuracy (%)")
    ax.locator_params(axis="x", integer=True)
    ax.legend(frameon=False)


def _plot_interpolation(ax: Axes, lines: list[list[dict[str, float]]]) -> None:
    for i, line in enumerate(lines):
        ax.plot(
            [point["a"] for point in line],
            [100 * point["accuracy"] for point in line],
            color=plot_style.COLORS[i % len(plot_style.COLORS)],
            linestyle=plot_style.DASHES[i % len(plot_style.DASHES)],
            label=f"from snapshot {i + 1}",
        )
    ax.set_xlabel("weight of the last snapshot")
    ax.set_ylabel("validation accuracy (%)")
    ax.legend(frameon=False)

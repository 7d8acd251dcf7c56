"""The figure of a study's trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seal_tf.reports.series import Styles
from seal_tf.utils import plot_style
from seal_tf.utils.plot_colors import LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Width in inches, which a telephone shows whole.
_WIDTH = 4.7


def plot_trials(
    trials: Sequence[Mapping[str, Any]],
    labels: Mapping[str, str],
    styles: Styles,
) -> Figure | None:
    """Plot the held-out accuracy of every trial, a row for each candidate.

    The best trial is large; a trial that was stopped early is hollow.

    Args:
        trials: The trials, as in `StudyResult`.
        labels: Labels of the candidates by name, from the first row down.
        styles: Line style of each candidate, by label.

    Returns:
        The figure, or None without a score.
    """
    scored = [trial for trial in trials if trial["score"] is not None]
    if not scored:
        return None
    figure, ax = plot_style.new_figure(_WIDTH, 1.0 + 0.4 * len(labels))
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color=LIGHT.grid, linewidth=0.8)
    for y, (name, label) in enumerate(labels.items()):
        own = [trial for trial in scored if trial["candidate"] == name]
        complete = _percents(own, "complete")
        style = {**styles[label], "linestyle": "none"}
        ax.plot(complete, [y] * len(complete), alpha=0.55, **style)
        pruned = _percents(own, "pruned")
        ax.plot(
            pruned, [y] * len(pruned), alpha=0.55, fillstyle="none", **style
        )
        if complete:
            ax.plot([max(complete)], [y], markersize=10, **style)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_yticks(range(len(labels)), list(labels.values()))
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("held-out accuracy (%)\n(large: the best trial)", fontsize=9)
    return figure


def _percents(trials: Sequence[Mapping[str, Any]], state: str) -> list[float]:
    return [100 * t["score"] for t in trials if t["state"] == state]

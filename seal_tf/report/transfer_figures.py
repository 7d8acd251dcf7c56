"""Accuracy on other data sets, network beside network."""

from __future__ import annotations

from seal_tf import style


def points(columns, label):
    """A point and its interval for every network on every data set.

    Args:
        columns: For each data set's name, for each network's name, its
            (accuracy, low, high) in 0 … 1.
        label: Of the axis.
    """
    names = list({n: None for found in columns.values() for n in found})
    drawn, ax = style.figure(max(6, 2.2 * len(columns) + 3), 4.2)
    width = min(0.15, 0.6 / max(1, len(names) - 1))
    for i, name in enumerate(names):
        at = [
            (x, found[name])
            for x, found in enumerate(columns.values())
            if name in found
        ]
        y = [100 * value for _, (value, _, _) in at]
        ax.errorbar(
            [x + (i - (len(names) - 1) / 2) * width for x, _ in at],
            y,
            yerr=[
                [100 * (value - low) for _, (value, low, _) in at],
                [100 * (high - value) for _, (value, _, high) in at],
            ],
            color=style.COLOURS[i % len(style.COLOURS)],
            marker=style.MARKERS[i % len(style.MARKERS)],
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
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return drawn

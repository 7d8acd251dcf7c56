"""The figures of a study."""

from __future__ import annotations

from seal_tf.utils import plot_style
from studies.left import ascents, share

png = plot_style.png


def methods(study, rows, title, name):
    """A line a method: its seeds as dots, their mean as a bar.

    Args:
        study: The `Study`; its first base is drawn through all lines.
        rows: The `compare.Row`s.
        title: What stands above.
        name: Of the number.
    """
    drawn, ax = plot_style.figure(8, 0.32 * len(rows) + 1.2)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color="0.92", linewidth=0.8)
    blue, orange = plot_style.COLORS[:2]
    for y, row in enumerate(rows):
        colour = orange if "seal" in row.method else blue
        ax.plot(
            list(row.found.values()),
            [y] * len(row.found),
            linestyle="none",
            marker="o",
            markersize=5,
            alpha=0.5,
            color=colour,
        )
        ax.plot(
            [row.mean],
            [y],
            marker="|",
            markersize=16,
            markeredgewidth=2.5,
            color=colour,
        )
    base = next((r for r in rows if r.method in study.bases[:1]), None)
    if base is not None:
        ax.axvline(base.mean, color="0.5", linestyle=":", zorder=0)
    ax.set_yticks(range(len(rows)), [row.label for row in rows])
    ax.invert_yaxis()
    ax.set_xlabel(f"{name}; dots: seeds, bar: mean")
    ax.set_title(title, loc="retained_accuracy", fontsize=10)
    return drawn


def overview(study, gains):
    """Each method's difference to the first base, on each set of images.

    Args:
        study: The `Study`.
        gains: What `compare.gains` gives.
    """
    drawn, ax = plot_style.figure(9, 0.32 * len(gains) + 1.5)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color="0.92", linewidth=0.8)
    wheres = [w for w in study.wheres if any(w in g for g in gains.values())]
    for i, where in enumerate(wheres):
        at = [(g[where], y) for y, g in enumerate(gains.values()) if where in g]
        ax.plot(
            [x for x, _ in at],
            [y + 0.1 * (i - (len(wheres) - 1) / 2) for _, y in at],
            linestyle="none",
            marker=plot_style.MARKERS[i % len(plot_style.MARKERS)],
            color=plot_style.COLORS[i % len(plot_style.COLORS)],
            label=study.wheres[where],
        )
    ax.axvline(0, color="0.5", linestyle=":", zorder=0)
    ax.set_yticks(range(len(gains)), list(gains))
    ax.invert_yaxis()
    ax.set_xlabel(f"minus {study.methods[study.bases[0]]} (points)")
    ax.legend(
        frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1)
    )
    return drawn


def forgetting(study, found, where):
    """What is left of the training accuracy, look by look, and S.

    None where S was never found.
    """
    looked = {
        (method, seed): one["result"]["looks"]
        for (at, method, seed), one in found.items()
        if at == where and "looks" in one["result"]
    }
    if not looked:
        return None
    names = list(dict.fromkeys(method for method, _ in looked))
    drawn, (above, below) = plot_style.figure(10, 5, rows=2, sharex=True)
    for (method, seed), looks in looked.items():
        i = names.index(method)
        look = {
            "color": plot_style.COLORS[i % len(plot_style.COLORS)],
            "marker": plot_style.MARKERS[i % len(plot_style.MARKERS)],
            "linestyle": plot_style.DASHES[i // len(plot_style.COLORS)],
            "markersize": 3,
            "linewidth": 1,
        }
        for number, ascent in enumerate(ascents(looks)):
            x = [number + j / len(ascent) for j in range(len(ascent))]
            label = study.methods[method] if not number else None
            if label and seed != min(s for m, s in looked if m == method):
                label = None
            above.plot(
                x,
                [100 * share(k, ascent[0]) for k in ascent],
                label=label,
                **look,
            )
            below.plot(x, [k["scale"] for k in ascent], **look)
    above.set_ylabel("left of the training\naccuracy above chance (%)")
    above.set_ylim(bottom=0)
    drawn.legend(loc="outside right upper", frameon=False, fontsize=8)
    below.set_yscale("log")
    below.set_ylabel("S")
    count = max(len(ascents(looks)) for looks in looked.values())
    below.set_xticks(
        [n + 0.5 for n in range(count)],
        [f"ascent {n + 1}" for n in range(count)],
    )
    return drawn

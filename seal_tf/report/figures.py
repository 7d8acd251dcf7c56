"""The figures of a report, each from runs to a matplotlib figure."""

from __future__ import annotations

from seal_tf import style
from seal_tf.report.groups import mean_and_deviation


def accuracy_by_generation(groups):
    """Validation accuracy after the last epoch of every generation.

    Against the generation, or, where groups have not the same number of
    them, against the passes over the data. Bars: standard deviation over
    seeds; of a single run, the 95 % interval of its validation set, as long
    as there are few enough to tell apart.

    Args:
        groups: `Group`s; each is a line.
    """
    drawn, ax = style.figure(8 if len(groups) <= 3 else 10, 4)
    alike = len({group.generations() for group in groups}) == 1
    for i, group in enumerate(groups):
        ends = group.runs[0].by_generation()
        found = [
            mean_and_deviation(group.last_accuracies(g))
            for g in range(len(ends))
        ]
        y = [100 * mean for mean, _ in found]
        x = [
            g["generation"] + 1 if alike else _passes(group.runs[0], g)
            for g in ends
        ]
        colour = style.COLOURS[i % len(style.COLOURS)]
        bars = [100 * (deviation or 0) for _, deviation in found]
        if len(group.runs) == 1 and len(groups) <= 3:
            bars = [half_interval(group.runs[0], a / 100) for a in y]
        if any(bars):
            # Side by side, so that two bars are both seen.
            shift = 0.04 * (i - (len(groups) - 1) / 2)
            ax.errorbar(
                [at + shift * (x[-1] - x[0] or 1) for at in x],
                y,
                yerr=bars,
                color=colour,
                alpha=0.35,
                linestyle="none",
                capsize=3,
            )
        said = f"{y[-1]:.1f} %"
        if len(group.runs) > 1:
            said += f", {len(group.runs)} seeds"
        ax.plot(
            x,
            y,
            color=colour,
            marker=style.MARKERS[i % len(style.MARKERS)],
            linestyle=style.DASHES[i // len(style.COLOURS) % 4],
            label=f"{group.name} ({said})",
        )
    ax.set_xlabel("generation" if alike else "passes over the data")
    ax.set_ylabel("validation accuracy, last epoch (%)")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return drawn


def half_interval(run, accuracy: float) -> float:
    """Half of the binomial 95 % interval of an accuracy, in points."""
    variance = accuracy * (1 - accuracy) / run.summary["validation_images"]
    return 196 * variance**0.5


def _passes(run, generation) -> int:
    mine = generation["generation"]
    return 1 + max(e["epoch"] for e in run.epochs if e["generation"] == mine)


def curves(group):
    """Accuracy, loss and signed rates by epoch, ascent shaded.

    Args:
        group: A `Group`; the first seed is drawn full, others faintly.
    """
    # Only where something is drawn, as in `style.figure`.
    from matplotlib.ticker import LogLocator, NullFormatter

    drawn, axes = style.figure(9, 8, rows=3, sharex=True)
    epochs = group.runs[0].epochs
    blue, orange = style.COLOURS[:2]
    for ax, keys, factor, label in (
        (axes[0], ("val_accuracy", "accuracy"), 100, "accuracy (%)"),
        (axes[1], ("val_loss", "loss"), 1, "loss"),
    ):
        for key, colour, dash in zip(
            keys, (blue, orange), style.DASHES, strict=False
        ):
            name = "validation" if key.startswith("val_") else "training"
            for i, run in enumerate(group.runs):
                # Null where a loss was not finite.
                seen = [e for e in run.epochs if e[key] is not None]
                ax.plot(
                    [e["epoch"] + 1 for e in seen],
                    [factor * e[key] for e in seen],
                    color=colour,
                    linestyle=dash,
                    alpha=0.3 if i else 1,
                    label=None if i else name,
                )
        ax.set_ylabel(label)
    axes[1].set_yscale("log")
    axes[1].yaxis.set_major_formatter("{x:g}")
    # So few that they do not overlap, so many that one is always there.
    ticks = LogLocator(subs=(1, 1.5, 2, 3, 5, 7))
    axes[1].yaxis.set_major_locator(ticks)
    axes[1].yaxis.set_minor_formatter(NullFormatter())
    x = [e["epoch"] + 1 for e in epochs]
    for key, colour, dash in (
        ("later_rate", blue, "-"),
        ("early_rate", orange, "--"),
    ):
        name = key.removesuffix("_rate") + " layers"
        y = [e[key] for e in epochs]
        axes[2].step(
            x, y, color=colour, linestyle=dash, where="mid", label=name
        )
    axes[2].axhline(0, color="0.4", linewidth=0.8)
    style.signed_log(
        axes[2], [e[k] for e in epochs for k in ("early_rate", "later_rate")]
    )
    axes[2].set_ylabel("signed learning rate")
    axes[2].set_xlabel("epoch")
    for ax in axes:
        _phases(ax, epochs)
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    axes[0].set_title(_title(epochs), loc="left", fontsize=10)
    return drawn


def _phases(ax, epochs):
    for e in epochs:
        if e["phase"] == "ascent":
            at = e["epoch"] + 1
            ax.axvspan(at - 0.5, at + 0.5, color=style.SHADE, lw=0, zorder=0)
        if e["epoch_in_generation"] == 0 and e["epoch"]:
            ax.axvline(e["epoch"] + 0.5, color="0.75", lw=0.8, zorder=0)


def _title(epochs):
    if any(e["phase"] == "ascent" for e in epochs):
        return "shaded: the early layers ascend; lines: generations begin"
    return "lines: generations begin"


def ensemble(run):
    """Members and ensembles, and what lies between them and the last."""
    found = run.summary["ensemble"]
    # One snapshot alone has no way to another.
    ways = found.get("interpolation", [])
    columns = 2 if ways else 1
    drawn, axes = style.figure(
        4.5 * columns, 3.8, columns=columns, squeeze=False
    )
    left, right = axes[0, 0], axes[0, -1]
    blue, orange = style.COLOURS[:2]
    m = range(1, found["snapshots"] + 1)
    left.plot(
        m,
        [100 * a for a in found["members"]],
        color=orange,
        marker="s",
        linestyle="none",
        label="snapshot m alone",
    )
    left.plot(
        m,
        [100 * a for a in found["last"]],
        color=blue,
        marker="o",
        label="ensemble of the last m",
    )
    left.set_xlabel("m")
    left.set_ylabel("validation accuracy (%)")
    left.xaxis.get_major_locator().set_params(integer=True)
    left.legend(frameon=False)
    if not ways:
        return drawn
    for i, way in enumerate(ways):
        right.plot(
            [point["a"] for point in way],
            [100 * point["accuracy"] for point in way],
            color=style.COLOURS[i % len(style.COLOURS)],
            linestyle=style.DASHES[i % len(style.DASHES)],
            label=f"from snapshot {i + 1}",
        )
    right.set_xlabel("way to the last snapshot")
    right.set_ylabel("validation accuracy (%)")
    right.legend(frameon=False)
    return drawn


def freezing(run):
    """Time of an epoch while more and more groups are frozen.

    None where no stage lasted long enough to be timed.
    """
    stages = [
        s for s in run.summary["freezing"]["stages"] if s["median_seconds"]
    ]
    if not stages:
        return None
    drawn, ax = style.figure(8, 3.8)
    whole = stages[0]["median_seconds"] / stages[0]["predicted_share"]
    x = range(len(stages))
    for key, factor, marker, label in (
        ("predicted_share", 100, "o", "predicted from multiply-adds"),
        ("median_seconds", 100 / whole, "s", "measured"),
    ):
        ax.plot(
            x,
            [factor * s[key] for s in stages],
            marker=marker,
            color=style.COLOURS[0 if marker == "o" else 1],
            linestyle="-" if marker == "o" else "--",
            label=label,
        )
    ax.set_xticks(list(x), [str(s["frozen"]) for s in stages])
    ax.set_xlabel("groups frozen")
    ax.set_ylabel("training time of an epoch (%)")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)
    return drawn

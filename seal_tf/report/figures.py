"""The figures of a report, each from runs to a matplotlib figure."""

from __future__ import annotations

from seal_tf import style


def accuracy_by_generation(runs):
    """Validation accuracy after the last epoch of every generation.

    Against the generation, or, where runs have not the same number of them,
    against the passes over the data.

    Args:
        runs: `Run`s; each is a line.
    """
    drawn, ax = style.figure(8 if len(runs) <= 3 else 10, 4)
    alike = len({len(run.by_generation()) for run in runs}) == 1
    for i, run in enumerate(runs):
        ends = run.by_generation()
        y = [100 * g["val_accuracy_last"] for g in ends]
        colour = style.COLOURS[i % len(style.COLOURS)]
        x = [g["generation"] + 1 if alike else _passes(run, g) for g in ends]
        if len(runs) <= 3:
            # Side by side, so that the intervals of two runs are both seen.
            shift = 0.04 * (i - (len(runs) - 1) / 2)
            ax.errorbar(
                [at + shift * (x[-1] - x[0] or 1) for at in x],
                y,
                yerr=[half_interval(run, a / 100) for a in y],
                color=colour,
                alpha=0.35,
                linestyle="none",
                capsize=3,
            )
        ax.plot(
            x,
            y,
            color=colour,
            marker=style.MARKERS[i % len(style.MARKERS)],
            linestyle=style.DASHES[i // len(style.COLOURS) % 4],
            label=f"{run.name} ({y[-1]:.1f} %)",
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


def curves(run):
    """Accuracy, loss and signed rates of a run by epoch, ascent shaded."""
    drawn, axes = style.figure(9, 8, rows=3, sharex=True)
    epochs = run.epochs
    x = [e["epoch"] + 1 for e in epochs]
    blue, orange = style.COLOURS[:2]
    for ax, keys, factor, label in (
        (axes[0], ("val_accuracy", "accuracy"), 100, "accuracy (%)"),
        (axes[1], ("val_loss", "loss"), 1, "loss"),
    ):
        for key, colour, dash in zip(
            keys, (blue, orange), style.DASHES, strict=False
        ):
            name = "validation" if key.startswith("val_") else "training"
            y = [factor * e[key] for e in epochs]
            ax.plot(x, y, color=colour, linestyle=dash, label=name)
        ax.set_ylabel(label)
    axes[1].set_yscale("log")
    axes[1].yaxis.set_major_formatter("{x:g}")
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
    drawn, (left, right) = style.figure(9, 3.8, columns=2)
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
    for i, way in enumerate(found.get("interpolation", [])):
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
    """Time of an epoch while more and more groups are frozen."""
    stages = [
        s for s in run.summary["freezing"]["stages"] if s["median_seconds"]
    ]
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

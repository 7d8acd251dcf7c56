"""Figures of prediction depth, from the `networks` of its result."""

from __future__ import annotations

from seal_tf import style

#: What goes with depth: its key, its label, its factor.
_GOES_WITH = (
    ("accuracy", "accuracy (%)", 100),
    ("confidence", "confidence (%)", 100),
    ("nll", "neg. log-likelihood (nats)", 1),
    ("calibration_error", "calibration error (%)", 100),
)


def all_of(networks) -> list[tuple]:
    """Every figure that the results allow.

    Args:
        networks: Entries of a prediction-depth result, of the same taps.

    Returns:
        (name, figure, caption) of each.
    """
    definition = common_definition(networks)
    wanted = [
        (
            "accuracy_per_tap",
            accuracy_per_tap(networks),
            "Accuracy of a k-NN probe at every tap, validation images; bars: "
            "standard deviation over seeds, where there are several.",
        ),
        (
            "depth_histogram",
            histogram(networks, definition),
            f"Prediction depth ({definition}) of the validation images; in "
            "brackets the 95 % bootstrap interval over images, after ± the "
            "standard deviation over seeds.",
        ),
        (
            "depth_by_class",
            by_class(networks, definition),
            f"Mean prediction depth ({definition}) of each class's "
            "validation images; none counted as one after the last tap.",
        ),
    ]
    if all("goes_with" in _of(n, definition) for n in networks):
        wanted.append(
            (
                "depth_goes_with",
                goes_with(networks, definition),
                f"What goes with prediction depth ({definition}) on the "
                "validation images; depths of fewer than 10 images left out.",
            )
        )
    return wanted


def common_definition(networks) -> str:
    """ "agreement" where every network has it, else "correctness"."""
    has = all("agreement" in _split(n) for n in networks)
    return "agreement" if has else "correctness"


def _split(network):
    return network["results"]["splits"]["validation"]


def _of(network, definition):
    return _split(network)[definition]


def _line(i):
    return {
        "color": style.COLOURS[i % len(style.COLOURS)],
        "marker": style.MARKERS[i % len(style.MARKERS)],
        "linestyle": style.DASHES[i // len(style.COLOURS) % 4],
    }


def _named_taps(ax, taps, none=False):
    labels = [f"{i}  {tap}" for i, tap in enumerate(taps, 1)]
    labels += ["none"] if none else []
    ax.set_xticks(
        range(1, len(labels) + 1),
        labels,
        rotation=45,
        ha="right",
        rotation_mode="anchor",
        fontsize=8,
    )


def _legend(ax):
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


def accuracy_per_tap(networks):
    """k-NN accuracy at every tap: SEAL's figure 2."""
    drawn, ax = style.figure(9, 4.4)
    taps = networks[0]["results"]["taps"]
    for i, network in enumerate(networks):
        y = [100 * a for a in _split(network)["accuracy_per_tap"]]
        over = _split(network).get("deviation_per_tap", [])
        ax.errorbar(
            range(1, len(y) + 1),
            y,
            [100 * d for d in over] or None,
            capsize=3,
            label=network["name"],
            **_line(i),
        )
    _named_taps(ax, taps)
    ax.set_xlabel("tap")
    ax.set_ylabel("k-NN accuracy, validation (%)")
    _legend(ax)
    return drawn


def histogram(networks, definition):
    """Shares of examples at each depth, side by side."""
    drawn, ax = style.figure(9, 4.4)
    taps = networks[0]["results"]["taps"]
    width = 0.8 / len(networks)
    for i, network in enumerate(networks):
        found = _of(network, definition)
        counts = found["histogram"]
        shift = (i - (len(networks) - 1) / 2) * width
        ax.bar(
            [at + shift for at in range(1, len(counts) + 1)],
            [100 * c / sum(counts) for c in counts],
            width * 0.92,
            color=style.COLOURS[i % len(style.COLOURS)],
            hatch=("", "///", "...", "xxx")[i % 4],
            edgecolor="white",
            label=f"{network['name']}\nmean {found['mean']:.2f} "
            + _uncertainty(found),
        )
    _named_taps(ax, taps, none=True)
    ax.set_xlabel(f"prediction depth ({definition})")
    ax.set_ylabel("validation images (%)")
    _legend(ax)
    return drawn


def _uncertainty(found):
    if "deviation" in found:
        return f"± {found['deviation']:.2f}"
    low, high = found["interval"]
    return f"({low:.2f} to {high:.2f})"


def by_class(networks, definition):
    """Mean depth by class, sorted by the first network's."""
    first = _of(networks[0], definition)
    names = first["class_names"]
    order = sorted(
        range(len(names)), key=lambda c: (first["by_class"][c] or 0, c)
    )
    drawn, ax = style.figure(max(9, 0.22 * len(names)), 4.4)
    for i, network in enumerate(networks):
        means = _of(network, definition)["by_class"]
        y = [float("nan") if means[c] is None else means[c] for c in order]
        kwargs = {**_line(i), "linestyle": "none"}
        ax.plot(range(len(order)), y, label=network["name"], **kwargs)
    ax.set_xticks(
        range(len(order)),
        [names[c][:20] for c in order],
        rotation=90,
        fontsize=7,
    )
    ax.set_xlabel("class, by depth in the first network")
    ax.set_ylabel(f"mean depth ({definition}, taps)")
    _legend(ax)
    return drawn


def goes_with(networks, definition, least=10):
    """Accuracy, confidence, likelihood, calibration and learning by depth."""
    learned = all("learned" in _of(n, definition) for n in networks)
    count = len(_GOES_WITH) + learned
    columns = -(-count // 2)
    drawn, axes = style.figure(3.2 * columns, 5.6, 2, columns)
    axes = axes.ravel()
    for ax in axes[count:]:
        ax.axis("off")
    axes = axes[:count]
    taps = len(networks[0]["results"]["taps"])
    for i, network in enumerate(networks):
        found = _of(network, definition)
        rows = [r for r in found["goes_with"] if r["examples"] >= least]
        panels = [
            (rows, key, label, factor) for key, label, factor in _GOES_WITH
        ]
        if learned:
            rows = found["learned"]["first_correct"]
            rows = [
                {**r, "mean": r["mean"] + 1}
                for r in rows
                if r["examples"] >= least and r["mean"] is not None
            ]
            panels.append((rows, "mean", "first correct after epoch (mean)", 1))
        for ax, (rows, key, label, factor) in zip(axes, panels, strict=True):
            ax.plot(
                [r["depth"] for r in rows],
                [factor * r[key] for r in rows],
                label=network["name"],
                **_line(i),
            )
            ax.set_ylabel(label)
    for ax in axes:
        ticks = range(1, taps + 2)
        labels = [str(t) for t in ticks]
        labels[-1] = "none"
        ax.set_xticks(ticks, labels, fontsize=8)
        ax.set_xlabel("depth")
    handles, names = axes[0].get_legend_handles_labels()
    drawn.legend(handles, names, frameon=False, loc="outside right center")
    return drawn

"""The figures of the prediction-depth probe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from seal_tf.probes.report_parts import Entry, FigurePart, training_method
from seal_tf.utils import plot_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Key, axis label and factor of the metrics by depth.
_METRICS: tuple[tuple[str, str, float], ...] = (
    ("accuracy", "accuracy (%)", 100),
    ("confidence", "confidence (%)", 100),
    ("nll", "neg. log-likelihood (nats)", 1),
    ("calibration_error", "calibration error (%)", 100),
)
#: Depths of fewer images are too noisy to draw.
_MIN_EXAMPLES = 10


def depth_figures(networks: Sequence[Entry]) -> Iterator[FigurePart]:
    """Create all figures that the results allow.

    Args:
        networks: Entries of a prediction-depth result with the same taps.

    Yields:
        The figures.
    """
    definition = common_definition(networks)
    yield FigurePart(
        "accuracy_per_tap",
        plot_accuracy_per_tap(networks),
        "Accuracy of a k-NN probe at every tap on the validation images. "
        "Bars: standard deviation over seeds, if there are several.",
        "k-NN accuracy at the first and the last tap: "
        + "; ".join(map(_describe_accuracies, networks)),
    )
    yield FigurePart(
        "depth_histogram",
        plot_histogram(networks, definition),
        f"Prediction depth ({definition}) of the validation images. Numbers "
        "in brackets are the 95 % bootstrap interval over images, numbers "
        "after ± the standard deviation over seeds.",
        f"Mean prediction depth ({definition}): "
        + "; ".join(
            f"{n['name']} {_format_depth(_summary(n, definition))}"
            for n in networks
        ),
    )
    yield FigurePart(
        "depth_by_class",
        plot_by_class(networks, definition),
        f"Mean prediction depth ({definition}) of the validation images of "
        "each class. Images without a depth count as one after the last tap.",
        "; ".join(
            f"{n['name']}: {_describe_classes(_summary(n, definition))}"
            for n in networks
        ),
    )
    if all("by_depth" in _summary(n, definition) for n in networks):
        yield FigurePart(
            "metrics_by_depth",
            plot_metrics_by_depth(networks, definition),
            f"Metrics of the network by prediction depth ({definition}) on "
            "the validation images. Depths of fewer than "
            f"{_MIN_EXAMPLES} images are not drawn.",
            "; ".join(
                f"{n['name']}: {_describe_depths(_summary(n, definition))}"
                for n in networks
            ),
        )


def common_definition(networks: Sequence[Entry]) -> str:
    """Return "agreement" if every network has it, else "correctness".

    Args:
        networks: Entries of a prediction-depth result.
    """
    has_agreement = all("agreement" in _validation(n) for n in networks)
    return "agreement" if has_agreement else "correctness"


def _validation(network: Entry) -> dict[str, Any]:
    return network["results"]["splits"]["validation"]


def _summary(network: Entry, definition: str) -> dict[str, Any]:
    return _validation(network)[definition]


def _describe_accuracies(network: Entry) -> str:
    accuracies = _validation(network)["accuracy_per_tap"]
    first, last = (f"{100 * accuracies[i]:.1f} %" for i in (0, -1))
    return f"{network['name']} {first} and {last}"


def _describe_classes(summary: dict[str, Any]) -> str:
    """Return the classes of the lowest and of the highest mean depth."""
    classes = zip(summary["by_class"], summary["class_names"], strict=True)
    known = sorted((m, name) for m, name in classes if m is not None)
    if not known:
        return "no class has an image"
    (low, first), (high, last) = known[0], known[-1]
    return f"from {low:.2f} ({first}) to {high:.2f} ({last})"


def _describe_depths(summary: dict[str, Any]) -> str:
    rows = [row for row in summary["by_depth"] if _is_drawn(row)]
    if not rows:
        return "no depth has enough images"
    return " and ".join(
        f"accuracy {100 * row['accuracy']:.0f} % at depth {row['depth']}"
        for row in (rows[0], rows[-1])
    )


def _styles(networks: Sequence[Entry]) -> list[dict[str, str]]:
    """Return the line style of each network, by its method."""
    return plot_style.method_styles([training_method([n]) for n in networks])


def _label_taps(ax: Axes, taps: Sequence[str], none: bool = False) -> None:
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


def plot_accuracy_per_tap(networks: Sequence[Entry]) -> Figure:
    """Plot the k-NN accuracy at every tap, as figure 2 of SEAL's paper.

    Args:
        networks: Entries of a prediction-depth result with the same taps.
    """
    figure, ax = plot_style.new_figure(6.5, 3.8)
    taps = networks[0]["results"]["taps"]
    for network, style in zip(networks, _styles(networks), strict=True):
        y = [100 * a for a in _validation(network)["accuracy_per_tap"]]
        deviations = _validation(network).get("deviation_per_tap", [])
        ax.errorbar(
            range(1, len(y) + 1),
            y,
            [100 * d for d in deviations] or None,
            capsize=3,
            label=network["name"],
            **style,
        )
    _label_taps(ax, taps)
    ax.set_xlabel("tap")
    ax.set_ylabel("k-NN accuracy, validation (%)")
    plot_style.add_legend(ax)
    return figure


def plot_histogram(networks: Sequence[Entry], definition: str) -> Figure:
    """Plot the fraction of examples at each depth.

    Args:
        networks: Entries of a prediction-depth result with the same taps.
        definition: "agreement" or "correctness".
    """
    figure, ax = plot_style.new_figure(6.5, 3.8)
    taps = networks[0]["results"]["taps"]
    styles = _styles(networks)
    width = 0.8 / len(networks)
    for i, network in enumerate(networks):
        summary = _summary(network, definition)
        counts = summary["histogram"]
        shift = (i - (len(networks) - 1) / 2) * width
        ax.bar(
            [x + shift for x in range(1, len(counts) + 1)],
            [100 * c / sum(counts) for c in counts],
            width * 0.92,
            color=styles[i]["color"],
            hatch=("", "///", "...", "xxx")[i % 4],
            edgecolor="#ffffff",
            label=f"{network['name']}: mean {_format_depth(summary)}",
        )
    _label_taps(ax, taps, none=True)
    ax.set_xlabel(f"prediction depth ({definition})")
    ax.set_ylabel("validation images (%)")
    plot_style.add_legend(ax)
    return figure


def _format_depth(summary: dict[str, Any]) -> str:
    if "deviation" in summary:
        return f"{summary['mean']:.2f} ± {summary['deviation']:.2f}"
    low, high = summary["interval"]
    return f"{summary['mean']:.2f} ({low:.2f} to {high:.2f})"


def plot_by_class(networks: Sequence[Entry], definition: str) -> Figure:
    """Plot the mean depth by class, sorted by that of the first network.

    Args:
        networks: Entries of a prediction-depth result.
        definition: "agreement" or "correctness".
    """
    first = _summary(networks[0], definition)
    names = first["class_names"]
    order = sorted(
        range(len(names)), key=lambda c: (first["by_class"][c] or 0, c)
    )
    figure, ax = plot_style.new_figure(max(6.5, 0.22 * len(names)), 4.4)
    for network, style in zip(networks, _styles(networks), strict=True):
        means = _summary(network, definition)["by_class"]
        y = [float("nan") if means[c] is None else means[c] for c in order]
        line: dict[str, str] = {**style, "linestyle": "none"}
        ax.plot(range(len(order)), y, label=network["name"], **line)
    ax.set_xticks(
        range(len(order)),
        [names[c][:20] for c in order],
        rotation=90,
        fontsize=8,
    )
    ax.set_xlabel("class, by depth in the first network")
    ax.set_ylabel(f"mean depth ({definition}, taps)")
    plot_style.add_legend(ax)
    return figure


def plot_metrics_by_depth(networks: Sequence[Entry], definition: str) -> Figure:
    """Plot accuracy, confidence, likelihood, calibration and learning.

    Args:
        networks: Entries of a prediction-depth result with the same taps.
        definition: "agreement" or "correctness".
    """
    has_learning = all(
        "learning_epochs" in _summary(n, definition) for n in networks
    )
    count = len(_METRICS) + has_learning
    columns = -(-count // 2)
    figure, axes = plot_style.new_figure(3.25 * columns, 5, 2, columns)
    axes = axes.ravel()
    for ax in axes[count:]:
        ax.axis("off")
    axes = axes[:count]
    taps = len(networks[0]["results"]["taps"])
    for network, style in zip(networks, _styles(networks), strict=True):
        summary = _summary(network, definition)
        rows = [r for r in summary["by_depth"] if _is_drawn(r)]
        panels = [(rows, key, label, factor) for key, label, factor in _METRICS]
        if has_learning:
            panels.append(
                (
                    _epochs_from_one(summary),
                    "mean",
                    "first correct after epoch (mean)",
                    1,
                )
            )
        for ax, (rows, key, label, factor) in zip(axes, panels, strict=True):
            ax.plot(
                [r["depth"] for r in rows],
                [factor * r[key] for r in rows],
                label=network["name"],
                **style,
            )
            ax.set_ylabel(label, fontsize=9)
    for ax in axes:
        ticks = range(1, taps + 2)
        labels = [str(t) for t in ticks]
        labels[-1] = "none"
        ax.set_xticks(ticks, labels, fontsize=8)
        ax.set_xlabel("depth")
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(
        handles, names, frameon=False, loc="outside upper left", ncols=3
    )
    return figure


def _is_drawn(row: dict[str, Any]) -> bool:
    return row["examples"] >= _MIN_EXAMPLES


def _epochs_from_one(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the learning epochs, counted from 1 as in other figures."""
    return [
        {**row, "mean": row["mean"] + 1}
        for row in summary["learning_epochs"]["first_correct"]
        if _is_drawn(row) and row["mean"] is not None
    ]

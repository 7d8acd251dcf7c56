"""Write the report of runs and probe results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seal_tf.probes.ensemble.figures import plot_ensemble
from seal_tf.probes.published import SETTING
from seal_tf.reports.document import Document
from seal_tf.reports.figures import (
    accuracy_margin,
    plot_accuracy_by_generation,
    plot_curves,
    plot_freezing,
)
from seal_tf.reports.probe_results import ProbeResult, read_probe_result
from seal_tf.reports.probe_sections import add_probe_sections
from seal_tf.reports.run_facts import describe_facts
from seal_tf.reports.run_groups import RunGroup, group_runs
from seal_tf.reports.runs import Run
from seal_tf.reports.tables import (
    difference_table,
    generation_table,
    published_table,
)
from seal_tf.utils.statistics import format_percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Key in `summary.json`, function and caption of figures that only some runs
#: have.
_OPTIONAL_FIGURES: tuple[tuple[str, Callable[..., Figure | None], str], ...] = (
    (
        "ensemble",
        plot_ensemble,
        "Snapshots alone and together; and networks on the line from each "
        "snapshot to the last, with the statistics of batch normalization "
        "computed again.",
    ),
    (
        "freezing",
        plot_freezing,
        "Training time of an epoch by number of frozen groups, relative to an "
        "epoch without frozen groups, without the time of tracing.",
    ),
)


def write_report(
    runs: Iterable[Run],
    out: str | Path,
    results: Sequence[ProbeResult] = (),
) -> Path:
    """Write `report.html`, its figures as PNG, and `results.md`.

    Args:
        runs: The runs, in the order of the legend.
        out: The folder.
        results: Results of probes.

    Returns:
        Path of the HTML file.

    Raises:
        ValueError: Two runs of one experiment have the same seed.
    """
    groups = group_runs(runs)
    names = [group.name for group in groups]
    names = names or list(dict.fromkeys(r.data["label"] for r in results))
    document = Document(" and ".join(names))
    if groups:
        _add_comparison(document, groups)
    add_probe_sections(document, results, groups)
    for i, group in enumerate(groups):
        _add_group(document, group, "" if len(groups) == 1 else f"_{i}")
    if groups:
        document.add_details("Flags and versions", _format_flags(groups))
    return document.write(out)


def write_probe_report(file: str | Path) -> Path:
    """Write the report of one probe beside its result.

    The files are `PROBE.html`, `PROBE.md` and the figures.

    Args:
        file: The result, PROBE.json.

    Returns:
        Path of the HTML file.

    Raises:
        ValueError: The file is damaged, or not a result of a probe.
    """
    file = Path(file)
    result = read_probe_result(file)
    if result is None:
        raise ValueError(f"{file}: the file is not the result of a probe.")
    document = Document(f"{file.stem}: {result.data['label']}")
    add_probe_sections(document, [result], [])
    return document.write(file.parent, file.stem, file.stem)


def _add_comparison(document: Document, groups: Sequence[RunGroup]) -> None:
    document.add_list((group.name, _headline(group)) for group in groups)
    document.add_text(_precision_note(groups))
    document.add_figure(
        "accuracy_by_generation",
        plot_accuracy_by_generation(groups),
        "Validation accuracy after the last epoch of each generation. Bars: "
        "standard deviation over seeds for several runs, 95 % interval over "
        "validation images for one.",
    )
    document.add_table(generation_table(groups))
    if rows := difference_table(groups):
        document.add_subheading("Paired differences")
        document.add_table(
            rows,
            "Validation accuracy after the last epoch, in percentage points. "
            "The interval is a paired t interval over seeds.",
        )
    if rows := published_table(groups):
        document.add_subheading("Comparison with published results")
        document.add_table(rows, f"Top-1 in %; {SETTING}.")


def _headline(group: RunGroup) -> str:
    generations = group.num_generations
    first, last = (
        format_percent(group.last_accuracies(g), 1)
        for g in (0, generations - 1)
    )
    summary = group.runs[0].summary
    seeds = len(group.runs)
    return (
        f"{first} % after generation 1, {last} % after generation "
        f"{generations} ({group.runs[0].passes:g} passes over "
        f"{summary['training_images']:,} images, "
        + (f"{seeds} seeds)" if seeds > 1 else "one seed)")
    )


def _precision_note(groups: Sequence[RunGroup]) -> str:
    widest = max(
        accuracy_margin(r, r.summary["last"]["val_accuracy"])
        for group in groups
        for r in group.runs
    )
    return (
        "Validation accuracy after the last epoch; numbers after ± are the "
        "standard deviation over seeds. This validation set distinguishes two "
        "single runs (95 %) if they differ by more than about "
        # The difference of two accuracies with this margin.
        f"{2**0.5 * widest:.1f} percentage points."
    )


def _add_group(document: Document, group: RunGroup, suffix: str) -> None:
    document.add_heading(group.name)
    if facts := describe_facts(group.runs[0].summary):
        document.add_list(facts)
    for key, plot, caption in _OPTIONAL_FIGURES:
        run = next((r for r in group.runs if key in r.summary), None)
        figure = None if run is None else plot(run.summary[key])
        if figure is not None:
            document.add_figure(f"{key}{suffix}", figure, caption)
    document.add_figure(
        f"curves{suffix}",
        plot_curves(group),
        "Accuracy, loss and the signed learning rates of early and later "
        "layers by epoch"
        + ("; opaque lines: the first seed." if len(group.runs) > 1 else "."),
    )


def _format_flags(groups: Sequence[RunGroup]) -> str:
    return "\n\n".join(
        f"{run.name}\n"
        + "\n".join(
            f"--{k}={v}"
            for k, v in run.summary["flags"].items()
            if v is not None
        )
        + "\n"
        + ", ".join(f"{k} {v}" for k, v in run.summary["versions"].items())
        for group in groups
        for run in group.runs
    )

"""Write the report of runs and probe results."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seal_tf.probes.ensemble.figures import describe_ensemble, plot_ensemble
from seal_tf.probes.published import SETTING
from seal_tf.reports import charts, figures, provenance, tables
from seal_tf.reports.comparison import (
    SMALLEST_DIFFERENCE,
    choose_baseline,
    compare_all,
)
from seal_tf.reports.document import Document
from seal_tf.reports.probe_results import ProbeResult, read_probe_result
from seal_tf.reports.probe_sections import add_probe_sections
from seal_tf.reports.run_facts import describe_facts
from seal_tf.reports.run_groups import RunGroup, group_runs
from seal_tf.reports.runs import Run
from seal_tf.reports.series import Styles, accuracy_margin, group_styles
from seal_tf.reports.verdict import summarize
from seal_tf.utils.statistics import count_decimals, format_percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Key in `summary.json`, function of the figure, of its text, and caption of
#: figures that only some runs have.
_OPTIONAL_FIGURES: tuple[
    tuple[str, Callable[..., Figure | None], Callable[..., str], str], ...
] = (
    (
        "ensemble",
        plot_ensemble,
        describe_ensemble,
        "Snapshots alone and together; and networks on the line from each "
        "snapshot to the last, with the statistics of batch normalization "
        "computed again.",
    ),
    (
        "freezing",
        figures.plot_freezing,
        figures.describe_freezing,
        "Training time of an epoch by number of frozen groups, relative to an "
        "epoch without frozen groups, without the time of tracing.",
    ),
)


@dataclasses.dataclass(frozen=True)
class ReportOptions:
    """How a report compares runs.

    Args:
        baseline: Name of the group that others are compared with. None
            chooses; see `comparison.choose_baseline`.
        smallest_difference: Smallest difference that matters, in percentage
            points of accuracy, above 0.
    """

    baseline: str | None = None
    smallest_difference: float = SMALLEST_DIFFERENCE


def write_report(
    runs: Iterable[Run],
    out: str | Path,
    results: Sequence[ProbeResult] = (),
    options: ReportOptions | None = None,
) -> Path:
    """Write `report.html`, its figures as SVG, and `results.md`.

    Args:
        runs: The runs, in the order of the legend after the baseline.
        out: The folder.
        results: Results of probes.
        options: How the runs are compared. None takes the defaults.

    Returns:
        Path of the HTML file.

    Raises:
        ValueError: Two runs of one experiment have the same seed, or there is
            no such baseline.
    """
    options = options or ReportOptions()
    groups = group_runs(runs)
    styles: Styles = {}
    if groups:
        baseline = choose_baseline(groups, options.baseline)
        groups = [baseline, *(g for g in groups if g is not baseline)]
        styles = group_styles(groups, baseline)
    document = Document(_title(groups, results))
    if groups:
        _add_comparison(document, groups, baseline, styles, options)
    add_probe_sections(document, results, groups)
    if groups:
        _add_details(document, groups, styles)
    return document.write(out)


def _title(groups: Sequence[RunGroup], results: Sequence[ProbeResult]) -> str:
    if not groups:
        return ", ".join(dict.fromkeys(r.data["label"] for r in results))
    *names, last = [group.name for group in groups]
    text = f"{', '.join(names)} and {last}" if names else last
    datasets = dict.fromkeys(g.runs[0].summary["dataset"] for g in groups)
    return f"{text} on {', '.join(datasets)}"


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


def _add_comparison(
    document: Document,
    groups: Sequence[RunGroup],
    baseline: RunGroup,
    styles: Styles,
    options: ReportOptions,
) -> None:
    """Add the answer, the differences and the accuracy by generation."""
    comparisons = compare_all(groups, baseline, options.smallest_difference)
    answer = summarize(comparisons, groups)
    document.add_answer(answer)
    if comparisons:
        document.add_heading(f"Differences to {baseline.name}")
        document.add_figure(
            "differences",
            figures.plot_differences(comparisons, styles),
            "Validation accuracy after the last epoch, minus that of "
            f"{baseline.name}, paired by seed.",
            " ".join(text for _, text in answer.lines) or answer.headline,
        )
    document.add_heading("Accuracy by generation")
    document.add_figure(
        "accuracy_by_generation",
        figures.plot_accuracy_by_generation(groups, styles),
        "Validation accuracy after the last epoch of each generation. Bands: "
        "standard deviation over seeds; bars of a single run: 95 % interval "
        "over validation images.",
        "; ".join(f"{g.name}: {_describe_accuracies(g)}" for g in groups),
        charts.chart_accuracy_by_generation(groups, styles),
    )
    with document.folded("All numbers"):
        document.add_table(tables.generation_table(groups))
        document.add_note(_precision_note(groups))
        if comparisons:
            rows = tables.difference_table(comparisons)
            document.add_subheading("Paired differences")
            document.add_table(
                rows,
                "Validation accuracy after the last epoch, in percentage "
                "points. The interval is a paired t interval over seeds.",
                [i for i, c in enumerate(comparisons, 1) if c.obstacle],
            )
        if published := tables.published_table(groups):
            document.add_subheading("Comparison with published results")
            document.add_table(published, f"Top-1 in %; {SETTING}.")


def _describe_accuracies(group: RunGroup) -> str:
    generations = group.num_generations
    digits = count_decimals(group.uncertainty())
    first, last = (
        format_percent(group.last_accuracies(g), digits)
        for g in (0, generations - 1)
    )
    summary = group.runs[0].summary
    seeds = len(group.runs)
    return (
        f"{first} % after generation 1, {last} % after generation "
        f"{generations} ({group.passes:g} passes over "
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
        "Validation accuracy after the last epoch in %; numbers after ± are "
        "the standard deviation over seeds. This validation set distinguishes "
        "two single runs (95 %) if they differ by more than about "
        # The difference of two accuracies with this margin.
        f"{2**0.5 * widest:.1f} percentage points. Epochs and generations "
        "count from 1 here, and from 0 in the JSON files."
    )


def _add_details(
    document: Document, groups: Sequence[RunGroup], styles: Styles
) -> None:
    """Add what is folded: epochs, each group, and where the runs come from."""
    if len(groups) > 1:
        with document.folded("All runs by epoch"):
            document.add_figure(
                "epochs",
                figures.plot_epochs(groups, styles),
                "Validation accuracy and loss by epoch; thick lines: means "
                "over seeds; shaded: ascent of the early layers. The "
                "interactive chart adds the signed learning rates of early "
                "(solid) and later layers (dotted).",
                "; ".join(
                    f"{g.name}: {_describe_accuracies(g)}" for g in groups
                ),
                charts.chart_epochs(groups, styles),
            )
    for i, group in enumerate(groups):
        with document.folded(f"{group.name}: curves", len(groups) == 1):
            suffix = "" if len(groups) == 1 else f"_{i}"
            _add_group(document, group, suffix)
    with document.folded("Flags, commands, machine and versions"):
        if rows := tables.flag_table(groups):
            document.add_table(rows, "Flags in which the runs differ.")
        document.add_table(provenance.run_table(groups))
        document.add_note(provenance.describe_versions(groups))
        with document.folded("Flags that all runs share"):
            document.add_preformatted(provenance.common_flags(groups))


def _add_group(document: Document, group: RunGroup, suffix: str) -> None:
    if facts := describe_facts(group.runs[0].summary):
        document.add_list(facts)
    for key, plot, describe, caption in _OPTIONAL_FIGURES:
        run = next((r for r in group.runs if key in r.summary), None)
        figure = None if run is None else plot(run.summary[key])
        if run is not None and figure is not None:
            text = describe(run.summary[key])
            document.add_figure(f"{key}{suffix}", figure, caption, text)
    seeds = "; opaque lines: the first seed" if len(group.runs) > 1 else ""
    document.add_figure(
        f"curves{suffix}",
        figures.plot_curves(group),
        "Accuracy, loss and the signed learning rates of early and later "
        f"layers by epoch{seeds}; shaded: ascent of the early layers; "
        "vertical lines: new generations.",
        f"{group.name}: {_describe_accuracies(group)}",
        charts.chart_curves(group),
    )

"""The page of runs and probes: what is said, in which order."""

from __future__ import annotations

from pathlib import Path

from seal_tf.report import figures, probe_sections, published, tables
from seal_tf.report.groups import grouped
from seal_tf.report.page import Page
from seal_tf.report.probe_results import read_result

#: Figures of what only some runs have, by its key in `summary.json`.
_EXTRAS = (
    (
        "ensemble",
        figures.ensemble,
        "Snapshots alone and together; and networks on the straight line "
        "from each snapshot to the last (statistics of BatchNormalization "
        "computed anew).",
    ),
    (
        "freezing",
        figures.freezing,
        "What an epoch of training takes while more and more groups are "
        "frozen, of an unfrozen one; tracing left out.",
    ),
)


def write_page(runs, out, results=()) -> Path:
    """Writes `report.html`, its figures as PNG, and `results.md`.

    Args:
        runs: The `Run`s, in the order of the legend.
        out: The folder.
        results: Probe `Result`s.

    Returns:
        The page's path.

    Raises:
        ValueError: two runs are one experiment with one seed.
    """
    groups = grouped(runs)
    names = [group.name for group in groups]
    names = names or list(dict.fromkeys(r.data["label"] for r in results))
    page = Page(" and ".join(names))
    if groups:
        _add_runs(page, groups)
    probe_sections.add(page, results, groups)
    for i, group in enumerate(groups):
        _add_group(page, group, "" if len(groups) == 1 else f"_{i}")
    if groups:
        page.details("Flags and versions", _flags(groups))
    return page.write(out)


def write_probe(file) -> Path:
    """Writes the page of one probe beside its result, under its name.

    `PROBE.html`, `PROBE.md` and its figures.
    """
    file = Path(file)
    result = read_result(file)
    if result is None:
        raise ValueError(f"{file}: not the result of a probe.")
    page = Page(f"{file.stem}: {result.data['label']}")
    probe_sections.add(page, [result], [])
    return page.write(file.parent, file.stem, file.stem)


def _add_runs(page, groups):
    page.list((group.name, _finding(group)) for group in groups)
    page.text(_caution(groups))
    page.figure(
        "accuracy_by_generation",
        figures.accuracy_by_generation(groups),
        "Validation accuracy after the last epoch of each generation; bars: "
        "standard deviation over seeds, or of one run the 95 % interval of "
        "this validation set.",
    )
    page.table(tables.by_generation(groups))
    if rows := tables.differences(groups):
        page.subheading("Differences, seed by seed")
        page.table(
            rows,
            "Validation accuracy after the last epoch, in points; the "
            "interval is a paired t interval over seeds.",
        )
    if rows := tables.as_published(groups):
        page.subheading("Beside the published figures")
        page.table(rows, f"Top-1 in %; {published.SETTING}.")


def _finding(group):
    ends = group.generations()
    first, last = (
        tables.percent(group.last_accuracies(g), 1) for g in (0, ends - 1)
    )
    summary = group.runs[0].summary
    said = (
        f"{first} % after generation 1, {last} % after generation {ends} "
        f"({summary['epochs']} passes over "
        f"{summary['training_images']:,} images"
    )
    seeds = len(group.runs)
    return said + (f", {seeds} seeds)" if seeds > 1 else ", one seed)")


def _caution(groups):
    widest = max(
        figures.half_interval(r, r.summary["last"]["val_accuracy"])
        for group in groups
        for r in group.runs
    )
    return (
        "Validation accuracy, last epoch; after ± the standard deviation over "
        "seeds. Two single runs have to differ by more than some "
        # Two accuracies, each with this interval.
        f"{2**0.5 * widest:.1f} points before this validation set can tell "
        "them apart (95 %)."
    )


def _add_group(page, group, suffix):
    page.heading(group.name)
    for key, draw, caption in _EXTRAS:
        first = next((r for r in group.runs if key in r.summary), None)
        drawn = None if first is None else draw(first)
        if drawn is not None:
            page.figure(f"{key}{suffix}", drawn, caption)
    page.figure(
        f"curves{suffix}",
        figures.curves(group),
        "Accuracy, loss and the signed rates of early and later layers, "
        "epoch by epoch"
        + ("; the first seed in full." if len(group.runs) > 1 else "."),
    )


def _flags(groups):
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

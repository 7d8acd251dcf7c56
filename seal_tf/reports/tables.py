"""The tables of runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seal_tf.probes.published import CLASS_COUNTS
from seal_tf.reports.comparison import Comparison
from seal_tf.reports.published import ACCURACY, EPOCHS_PER_GENERATION
from seal_tf.reports.run_groups import RunGroup, accuracy_of
from seal_tf.reports.verdict import format_interval, format_points
from seal_tf.utils.statistics import count_decimals, format_percent

#: Rows of cells; the first row is the header.
Rows = list[list[str]]


def generation_table(groups: Sequence[RunGroup]) -> Rows:
    """Create a table of the last epoch's validation accuracy by generation.

    Args:
        groups: The groups; each is a row.
    """
    columns = max(group.num_generations for group in groups)
    header = ["run", "method", "seeds"]
    header += [f"G={g + 1}" for g in range(columns)]
    has_test = any("test" in run.summary for g in groups for run in g.runs)
    header += ["published split"] if has_test else []
    header += ["ensemble"]
    has_average = any("average" in r.summary for g in groups for r in g.runs)
    header += ["averaged weights"] if has_average else []
    header += ["best epoch", "passes", "seconds"]
    digits = max(count_decimals(group.uncertainty()) for group in groups)
    rows = [_row(group, columns, has_test, digits) for group in groups]
    if has_average:
        position = header.index("averaged weights")
        for row, group in zip(rows, groups, strict=True):
            row.insert(position, _part_cell(group, "average", digits))
    return [header, *rows]


def _part_cell(group: RunGroup, part: str, digits: int) -> str:
    accuracies = [
        accuracy_of(run.summary, part)
        for run in group.runs
        if part in run.summary
    ]
    return format_percent(accuracies, digits) if accuracies else ""


def _row(
    group: RunGroup, columns: int, has_test: bool, digits: int
) -> list[str]:
    summaries = [run.summary for run in group.runs]
    accuracies = [
        format_percent(group.last_accuracies(g), digits)
        for g in range(group.num_generations)
    ]
    tests = [s["test"]["accuracy"] for s in summaries if "test" in s]
    best = format_percent(
        (s["best"]["val_accuracy"] for s in summaries), digits
    )
    if len(summaries) == 1:
        best += f" (epoch {summaries[0]['best']['epoch'] + 1})"
    seconds = sum(s["seconds"] for s in summaries) / len(summaries)
    test_cells = (
        [format_percent(tests, digits) if tests else ""] if has_test else []
    )
    return [
        group.name,
        group.method if group.method != group.name else "",
        ", ".join(map(str, group.seeds)),
        *accuracies,
        *[""] * (columns - len(accuracies)),
        *test_cells,
        _part_cell(group, "ensemble", digits),
        best,
        f"{group.runs[0].passes:g}",
        f"{seconds:.0f}",
    ]


def published_table(groups: Sequence[RunGroup]) -> Rows | None:
    """Create a table in the form of the paper's: a row for each generation.

    Published accuracies have columns of their own.

    Args:
        groups: The groups; those trained on all of Tiny-ImageNet, with as
            many epochs in a generation as published, are columns.

    Returns:
        The table, or None without such a group.
    """
    groups = [g for g in groups if _is_as_published(g.runs[0].summary)]
    if not groups:
        return None
    methods = [
        method
        for method in ("normal", "llf", "seal")
        if any(group.method == method for group in groups)
    ]
    header = ["", *(g.name for g in groups)]
    header += [f"{method}, published" for method in methods]
    digits = max(count_decimals(group.uncertainty()) for group in groups)
    rows = [header]
    for g in range(max(group.num_generations for group in groups)):
        row = [f"G={g + 1}"]
        for group in groups:
            has_generation = g < group.num_generations
            row.append(
                format_percent(group.last_accuracies(g), digits)
                if has_generation
                else ""
            )
        for method in methods:
            accuracy = ACCURACY.get((method, g + 1))
            row.append("" if accuracy is None else f"{accuracy:.2f}")
        rows.append(row)
    return rows


def _is_as_published(summary: dict[str, Any]) -> bool:
    flags = summary["flags"]
    return (
        summary["dataset"] == "tiny_imagenet"
        and summary["classes"] == CLASS_COUNTS["tiny_imagenet"]
        and flags.get("image_size") in (None, 64)
        and flags.get("epochs_per_generation") == EPOCHS_PER_GENERATION
        # Of all images, with their own labels, by the official split.
        and not any(
            flags.get(name)
            for name in ("images_per_class", "label_noise", "val_from_train")
        )
    )


def difference_table(comparisons: Sequence[Comparison]) -> Rows:
    """Create a table of paired differences to the baseline.

    The differences are of the last epoch's validation accuracy, in
    percentage points, with the paired 95 % t interval over seeds.

    Args:
        comparisons: At least one comparison; each is a row.
    """
    base = comparisons[0].baseline
    rows = [[f"minus {base}", "seeds", "points (95 % interval)", "verdict"]]
    for comparison in comparisons:
        if comparison.obstacle:
            verdict = f"not compared: {comparison.obstacle}"
            rows.append([comparison.label, "", "", verdict])
            continue
        verdict = {
            "unclear": "cannot tell",
            "equivalent": f"less than {format_points(comparison.smallest)}",
        }.get(comparison.verdict, comparison.verdict)
        rows.append(
            [
                comparison.label,
                str(len(comparison.differences)),
                format_interval(comparison),
                verdict,
            ]
        )
    return rows


def flag_table(groups: Sequence[RunGroup]) -> Rows | None:
    """Create a table of the flags in which groups differ.

    Args:
        groups: The groups; each is a column.

    Returns:
        The table, or None if no flag differs.
    """
    keys = [dict(group.key) for group in groups]
    names = dict.fromkeys(name for key in keys for name in key)
    rows = [["flag", *(group.name for group in groups)]]
    for name in names:
        values = [key.get(name, "None") for key in keys]
        if len(set(values)) > 1:
            texts = [v.strip("'") if v != "None" else "" for v in values]
            rows.append([f"--{name}", *texts])
    return rows if len(rows) > 1 else None

"""The table of the prediction-depth probe."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from seal_tf.probes.intervals import mean_margin
from seal_tf.probes.report_parts import (
    Entry,
    GroupedResult,
    Rows,
    Table,
    training_method,
    training_seed,
)
from seal_tf.utils.statistics import (
    format_percent,
    format_signed,
    mean_and_deviation,
    signed_interval,
)


def depth_table(result: GroupedResult) -> Table:
    """Create a table of mean depths, a row for each group and split.

    Args:
        result: Result of the prediction-depth probe on one data set.
    """
    rows: Rows = [
        [
            "network",
            "seeds",
            "split",
            "depth (agreement)",
            "none, %",
            "depth (correctness)",
            "none, %",
            "k-NN, last tap, %",
        ]
    ]
    for name, entries in result.groups.items():
        for split in entries[0]["results"]["splits"]:
            seeds = [entry["results"]["splits"][split] for entry in entries]
            row = [name, str(len(entries)), split]
            for definition in ("agreement", "correctness"):
                if any(definition not in seed for seed in seeds):
                    row += ["", ""]
                    continue
                summaries = [seed[definition] for seed in seeds]
                row.append(_format_depth(summaries))
                row.append(
                    format_percent((s["none_fraction"] for s in summaries), 1)
                )
            row.append(
                format_percent((s["accuracy_per_tap"][-1] for s in seeds), 1)
            )
            rows.append(row)
    return Table(rows, _explain_blanks(result))


def describe_differences(result: GroupedResult) -> str:
    """Describe the differences in mean depth to the first normal network.

    Args:
        result: Result of the prediction-depth probe on one data set.

    Returns:
        A sentence for each group but the first normal one, or the first;
        empty for a single group.
    """
    names = list(result.groups)
    reference = next(
        (n for n in names if training_method(result.groups[n]) == "normal"),
        names[0],
    )
    return " ".join(
        _describe_difference(result, name, reference)
        for name in names
        if name != reference
    )


def _describe_difference(
    result: GroupedResult, name: str, reference: str
) -> str:
    """Describe the paired difference over common seeds, with its interval."""
    entries = (*result.groups[name], *result.groups[reference])
    has_agreement = all(
        "agreement" in entry["results"]["splits"]["validation"]
        for entry in entries
    )
    definition = "agreement" if has_agreement else "correctness"
    depths, base = (
        _depths_by_seed(result.groups[n], definition) for n in (name, reference)
    )
    seeds = sorted(depths.keys() & base.keys())
    if not seeds:
        return f"{name} and {reference} have no known seed in common."
    differences = [depths[seed] - base[seed] for seed in seeds]
    mean = statistics.fmean(differences)
    unit = f"taps by {definition}"
    margin = mean_margin(differences)
    if margin is None:
        return (
            f"Cannot tell whether {name} or {reference} decides in earlier "
            f"layers: {format_signed(mean, 2)} {unit} (one seed)."
        )
    difference, low, high = signed_interval(mean, margin, 2)
    text = (
        f"{difference} {unit} (95 % interval {low} to {high}, "
        f"{len(seeds)} seeds)"
    )
    if abs(mean) <= margin:
        return (
            f"Cannot tell whether {name} or {reference} decides in earlier "
            f"layers: {text}."
        )
    layers = "later" if mean > 0 else "earlier"
    return f"{name} decides in {layers} layers than {reference}: {text}."


def _depths_by_seed(
    entries: Sequence[Entry], definition: str
) -> dict[int, float]:
    """Return the mean depth of each network whose seed is known."""
    depths = {}
    for entry in entries:
        seed = training_seed(entry)
        if seed is not None:
            summary = entry["results"]["splits"]["validation"][definition]
            depths[seed] = summary["mean"]
    return depths


def _explain_blanks(result: GroupedResult) -> str:
    """Return why a network has no depth by agreement; empty if all have."""
    names = [
        name
        for name, entries in result.groups.items()
        if any(
            "agreement" not in split
            for entry in entries
            for split in entry["results"]["splits"].values()
        )
    ]
    if not names:
        return ""
    return (
        "Depth by agreement compares with the prediction of the network. It "
        f"is blank for {', '.join(names)}: the network was trained on other "
        f"classes than those of {result.label}, so it predicts none of them."
    )


def _format_depth(summaries: Sequence[dict[str, Any]]) -> str:
    mean, deviation = mean_and_deviation(s["mean"] for s in summaries)
    if deviation is not None:
        return f"{mean:.2f} ± {deviation:.2f}"
    low, high = summaries[0]["interval"]
    return f"{mean:.2f} ({low:.2f} to {high:.2f})"

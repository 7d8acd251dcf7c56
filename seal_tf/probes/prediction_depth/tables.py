"""The table of the prediction-depth probe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seal_tf.probes.report_parts import GroupedResult, Rows, Table
from seal_tf.utils.statistics import format_percent, mean_and_deviation


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
            "k-NN at the last tap, %",
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

"""The tables of the few-shot probe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seal_tf.probes.report_parts import Entry, GroupedResult, Table
from seal_tf.probes.transfer_report import transfer_table
from seal_tf.utils.statistics import format_percent

#: Published 20-shot accuracy by data set and (method, generations) of the
#: network. Ways and episodes are not published.
PUBLISHED = {
    "eurosat": {
        ("normal", 1): "81.52 ± 1.38",
        ("normal", 10): "80.03 ± 1.53",
        ("llf", 10): "46.55 ± 2.42",
        ("seal", 10): "87.70 ± 0.52",
    },
    "plant_village": {
        ("normal", 1): "87.43 ± 1.67",
        ("normal", 10): "89.63 ± 1.53",
        ("llf", 10): "39.80 ± 2.30",
        ("seal", 10): "95.67 ± 0.28",
    },
}


def setting_names(results: Sequence[GroupedResult]) -> list[str]:
    """Return the names of all settings that were run, in order.

    Args:
        results: Results of the few-shot probe.
    """
    return list(
        dict.fromkeys(
            row["setting"]
            for result in results
            for entry in result.entries()
            for row in entry["results"]["settings"]
        )
    )


def setting_rows(
    entries: Sequence[Entry], setting: str
) -> list[dict[str, Any]]:
    """Return the results of one setting, one for each entry that has it.

    Args:
        entries: Entries of one group.
        setting: Name of the setting.
    """
    return [
        row
        for entry in entries
        for row in entry["results"]["settings"]
        if row["setting"] == setting
    ]


def few_shot_table(results: Sequence[GroupedResult], setting: str) -> Table:
    """Create a table of the mean accuracy by network and data set.

    Args:
        results: Results of the few-shot probe.
        setting: Name of the setting.
    """

    def format_cell(entries: list[Entry]) -> str:
        rows = setting_rows(entries, setting)
        if not rows:
            return ""
        if len(rows) == 1 and rows[0]["margin_of_error"] is not None:
            margin = rows[0]["margin_of_error"]
            return f"{100 * rows[0]['mean']:.2f} ± {100 * margin:.2f}"
        return format_percent(row["mean"] for row in rows)

    with_setting = [
        result
        for result in results
        if setting_rows(list(result.entries()), setting)
    ]
    published = PUBLISHED if setting.endswith("20-shot") else {}
    return transfer_table(with_setting, format_cell, published)

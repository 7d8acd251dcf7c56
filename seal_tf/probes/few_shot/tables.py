"""The tables of the few-shot probe."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from typing import Any

from seal_tf.probes.intervals import mean_margin
from seal_tf.probes.report_parts import (
    Entry,
    GroupedResult,
    Rows,
    Table,
    training_seed,
)
from seal_tf.probes.transfer_report import transfer_table
from seal_tf.utils.statistics import format_percent, format_with_interval

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
    published = PUBLISHED if setting.endswith("-way 20-shot") else {}
    return transfer_table(with_setting, format_cell, published)


def difference_table(results: Sequence[GroupedResult], setting: str) -> Table:
    """Create a table of paired differences between groups, by data set.

    Args:
        results: Results of the few-shot probe.
        setting: Name of the setting.

    Returns:
        The table, with a row for each pair of groups. It has only its header
        if there is no pair.
    """
    columns = [
        result
        for result in results
        if setting_rows(list(result.entries()), setting)
    ]
    rows: Rows = [
        ["network", "minus", "seeds", *(result.label for result in columns)]
    ]
    names = list(dict.fromkeys(n for result in columns for n in result.groups))
    for reference, name in itertools.combinations(names, 2):
        by_result = [
            paired_differences(
                result.groups.get(name, []),
                result.groups.get(reference, []),
                setting,
            )
            for result in columns
        ]
        if any(by_result):
            count = max(map(len, by_result))
            cells = map(_format_differences, by_result)
            rows.append([name, reference, str(count), *cells])
    return Table(
        rows,
        "Difference in percentage points, with its 95 % interval. All networks "
        "classify the same episodes. One seed: paired t interval over "
        "episodes. Several seeds: t interval over the differences of the "
        "seeds.",
    )


def paired_differences(
    entries: Sequence[Entry], references: Sequence[Entry], setting: str
) -> list[tuple[float, float | None]]:
    """Return (mean, margin of error) of the difference for each seed.

    Networks without a common seed have no difference, unless each group has
    one network only.

    Args:
        entries: Entries of one group.
        references: Entries of the group to subtract.
        setting: Name of the setting.
    """
    pairs = list(itertools.product(entries, references))
    if len(pairs) > 1:
        pairs = [
            pair
            for pair in pairs
            if training_seed(pair[0]) == training_seed(pair[1]) is not None
        ]
    differences = []
    for entry, reference in pairs:
        # The later network of a result has the difference to the earlier one.
        for later, earlier, sign in (
            (entry, reference, 1),
            (reference, entry, -1),
        ):
            differences += [
                (sign * difference["mean"], difference["margin_of_error"])
                for row in setting_rows([later], setting)
                for difference in row.get("differences", ())
                if difference["network"] == earlier["name"]
            ]
    return differences


def summarize_differences(
    differences: Sequence[tuple[float, float | None]],
) -> tuple[float, float | None]:
    """Return the mean difference with the margin of its 95 % interval.

    Args:
        differences: At least one result of `paired_differences`.

    Returns:
        (mean, margin): the margin over episodes for one seed, over seeds for
        several.
    """
    means = [mean for mean, _ in differences]
    margin = differences[0][1] if len(means) == 1 else mean_margin(means)
    return statistics.fmean(means), margin


def _format_differences(
    differences: Sequence[tuple[float, float | None]],
) -> str:
    if not differences:
        return ""
    mean, margin = summarize_differences(differences)
    return format_with_interval(
        100 * mean, None if margin is None else 100 * margin, 2
    )

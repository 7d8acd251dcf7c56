"""One column for each data set, from results of several probe commands."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from seal_tf.probes.report_parts import Entry, GroupedResult, training_seed

#: What results report of their images, beside the label.
_IMAGE_FACTS = ("name", "classes", "training_images", "test_images")


def data_set_columns(results: Sequence[GroupedResult]) -> list[GroupedResult]:
    """Give each column of a table or figure a label of its own.

    Results of the same images, tap and protocol become one column. Otherwise
    the label names the tap, and a number where that is equal, too.

    Args:
        results: Results of one probe, each on one data set, whose networks
            have a "tap" in their results.

    Returns:
        Results whose labels differ.
    """
    taps_of_label: dict[str, set[str]] = {}
    for result in results:
        taps_of_label.setdefault(result.label, set()).update(_taps(result))
    columns: dict[str, GroupedResult] = {}
    for result in results:
        label = name = result.label
        if len(taps_of_label[label]) > 1:
            label = name = f"{label}, tap {', '.join(sorted(_taps(result)))}"
        number = 1
        while name in columns and not _can_merge(columns[name], result):
            number += 1
            name = f"{label} ({number})"
        columns[name] = (
            _merge(columns[name], result)
            if name in columns
            else _relabel(result, name)
        )
    return list(columns.values())


def _taps(result: GroupedResult) -> set[str]:
    return {entry["results"].get("tap", "") for entry in result.entries()}


def _relabel(result: GroupedResult, label: str) -> GroupedResult:
    return dataclasses.replace(result, data={**result.data, "label": label})


def _can_merge(first: GroupedResult, second: GroupedResult) -> bool:
    """Return whether two results are comparable, of different networks."""
    return (
        first.protocol == second.protocol
        and all(first.data.get(f) == second.data.get(f) for f in _IMAGE_FACTS)
        and _are_other_seeds(first, second)
    )


def _are_other_seeds(first: GroupedResult, second: GroupedResult) -> bool:
    """Return whether no network of a group occurs in both results."""
    return all(
        _seeds(first.groups.get(name, ())).isdisjoint(_seeds(entries))
        for name, entries in second.groups.items()
    )


def _seeds(entries: Iterable[Entry]) -> set[int | None]:
    return {training_seed(entry) for entry in entries}


def _merge(first: GroupedResult, second: GroupedResult) -> GroupedResult:
    groups = {name: list(entries) for name, entries in first.groups.items()}
    for name, entries in second.groups.items():
        groups.setdefault(name, []).extend(entries)
    return dataclasses.replace(
        first,
        groups=groups,
        skipped=tuple(dict.fromkeys(first.skipped + second.skipped)),
    )

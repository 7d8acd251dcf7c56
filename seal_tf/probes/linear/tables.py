"""The table of the linear probe."""

from __future__ import annotations

from collections.abc import Sequence

from seal_tf.probes.report_parts import Entry, GroupedResult, Table
from seal_tf.probes.transfer_report import transfer_table
from seal_tf.utils.statistics import format_percent

#: Published top-1 by data set and (method, generations) of the network.
PUBLISHED = {
    "tiny_imagenet": {
        ("normal", 1): "54.37",
        ("normal", 10): "49.27",
        ("llf", 10): "56.92",
        ("seal", 10): "59.22",
    },
    "flowers102": {
        ("normal", 1): "34.31",
        ("normal", 10): "26.96",
        ("llf", 10): "22.84",
        ("seal", 10): "45.68",
    },
    "cub200": {
        ("normal", 1): "6.49",
        ("normal", 10): "8.07",
        ("llf", 10): "5.33",
        ("seal", 10): "8.49",
    },
    "fgvc_aircraft": {
        ("normal", 1): "6.24",
        ("normal", 10): "6.30",
        ("llf", 10): "4.65",
        ("seal", 10): "9.81",
    },
    "mit_indoor67": {
        ("normal", 1): "25.67",
        ("normal", 10): "24.85",
        ("llf", 10): "23.80",
        ("seal", 10): "35.37",
    },
    "stanford_dogs": {
        ("normal", 1): "8.99",
        ("normal", 10): "11.53",
        ("llf", 10): "8.69",
        ("seal", 10): "12.61",
    },
}


def linear_table(results: Sequence[GroupedResult]) -> Table:
    """Create a table of top-1 by network and data set.

    Args:
        results: Results of the linear probe.
    """
    return transfer_table(results, _format_cell, PUBLISHED)


def _format_cell(entries: list[Entry]) -> str:
    top1 = [entry["results"]["top1"] for entry in entries]
    if len(entries) > 1:
        return format_percent(top1)
    low, high = entries[0]["results"]["interval"]
    return f"{format_percent(top1)} ({100 * low:.2f} to {100 * high:.2f})"

"""The table of the ensemble probe."""

from __future__ import annotations

from seal_tf.probes.report_parts import GroupedResult, Rows, Table
from seal_tf.utils.statistics import format_percent


def ensemble_table(result: GroupedResult) -> Table:
    """Create a table of the last snapshot's and the ensemble's accuracy.

    Args:
        result: Result of the ensemble probe on one data set.
    """
    rows: Rows = [
        [
            "network",
            "seeds",
            "snapshots",
            "last snapshot, %",
            "ensemble, %",
        ]
    ]
    for name, entries in result.groups.items():
        results = [entry["results"] for entry in entries]
        rows.append(
            [
                name,
                str(len(results)),
                str(results[0]["snapshots"]),
                format_percent(r["members"][-1] for r in results),
                format_percent(r["last"][-1] for r in results),
            ]
        )
    return Table(rows)

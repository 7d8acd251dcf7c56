"""The table of the sharpness probe."""

from __future__ import annotations

from typing import Any

from seal_tf.probes.report_parts import GroupedResult, Rows, Table
from seal_tf.utils.statistics import mean_and_deviation


def sharpness_table(result: GroupedResult) -> Table:
    """Create a table of the Hessian's largest eigenvalue and trace.

    Args:
        result: Result of the sharpness probe on one data set.
    """
    rows: Rows = [["network", "seeds", "largest eigenvalue", "trace"]]
    for name, entries in result.groups.items():
        row = [name, str(len(entries))]
        for key in ("largest_eigenvalue", "trace"):
            row.append(
                _format_estimates([entry["results"][key] for entry in entries])
            )
        rows.append(row)
    return Table(rows)


def _format_estimates(estimates: list[dict[str, Any]]) -> str:
    mean, deviation = mean_and_deviation(e["value"] for e in estimates)
    text = f"{mean:.4g}"
    if deviation is not None:
        text += f" ± {deviation:.2g}"
    elif estimates[0].get("standard_error") is not None:
        text += f" ± {estimates[0]['standard_error']:.2g} (standard error)"
    if not all(e.get("converged", True) for e in estimates):
        text += " (not converged)"
    return text

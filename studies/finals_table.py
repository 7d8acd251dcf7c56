"""The finalists of studies by `python -m seal_tf.study`, in one table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seal_tf.reports.comparison import Comparison
from seal_tf.reports.tables import difference_table
from seal_tf.utils.statistics import format_percent

HEADER = [
    "images and network",
    "method",
    "seeds",
    "test accuracy (%)",
    "minus the first method",
    "verdict",
]


def finals_table(folders: Sequence[str | Path]) -> list[list[str]]:
    """Return the rows of a table with the finalists of each study.

    Args:
        folders: Folders with the files `study.json` that studies wrote.

    Returns:
        The rows with a header. Differences are paired by seed, in percentage
        points with 95 % intervals.
    """
    rows = [HEADER]
    for folder in folders:
        study = json.loads((Path(folder) / "study.json").read_text())
        for name in study["test_accuracy"]:
            rows.append([study["title"], *_cells(study, name)])
    return rows


def _cells(study: dict[str, Any], name: str) -> list[str]:
    labels, scores = study["labels"], study["test_accuracy"]
    cells = [
        labels[name],
        str(len(scores[name])),
        format_percent(scores[name].values(), 1),
    ]
    if name not in study["differences"]:
        return [*cells, "", ""]
    points = study["differences"][name]["points_by_seed"]
    comparison = Comparison(
        labels[name],
        labels[next(iter(scores))],
        study["smallest_difference"],
        {int(seed): difference for seed, difference in points.items()},
    )
    return [*cells, *difference_table([comparison])[1][2:]]

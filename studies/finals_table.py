"""The finalists of studies by `python -m seal_tf.study`, in one table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seal_tf.reports.comparison import SMALLEST_DIFFERENCE, Comparison
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
    for folder in map(Path, folders):
        study = json.loads((folder / "study.json").read_text())
        for name in study["test_accuracy"]:
            rows.append([study.get("title", folder.name), *_cells(study, name)])
    return rows


def _cells(study: dict[str, Any], name: str) -> list[str]:
    # Files of older studies have no title, labels and smallest difference.
    labels, scores = study.get("labels", {}), study["test_accuracy"]
    cells = [
        labels.get(name, name),
        str(len(scores[name])),
        format_percent(scores[name].values(), 1) if scores[name] else "failed",
    ]
    if name not in study["differences"]:
        return [*cells, "", ""]
    points = study["differences"][name]["points_by_seed"]
    comparison = Comparison(
        cells[0],
        labels.get(next(iter(scores)), next(iter(scores))),
        study.get("smallest_difference", SMALLEST_DIFFERENCE),
        {int(seed): difference for seed, difference in points.items()},
    )
    return [*cells, *difference_table([comparison])[1][2:]]

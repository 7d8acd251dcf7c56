"""The finalists of studies by `python -m seal_tf.study`, in one table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seal_tf.reports.comparison import SMALLEST_DIFFERENCE, Comparison
from seal_tf.reports.tables import difference_table
from seal_tf.utils.statistics import format_percent

HEADER = [
    "images",
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
        title = read_title(folder)
        for name in study["test_accuracy"]:
            rows.append([title, *_cells(study, name)])
    return rows


def read_title(folder: Path) -> str:
    """Return what the images of a study are: the title of its page.

    Args:
        folder: Its folder. README.md begins with "# EuroSAT, 1,000 images:
            which method helps?".
    """
    first_line = (folder / "README.md").read_text().partition("\n")[0]
    return first_line.removeprefix("# ").partition(":")[0]


def _cells(study: Mapping[str, Any], name: str) -> list[str]:
    # Files of older studies have no labels and no smallest difference.
    scores = study["test_accuracy"]
    cells = [
        label_of(study, name),
        str(len(scores[name])),
        format_percent(scores[name].values(), 1) if scores[name] else "failed",
    ]
    if name not in study["differences"]:
        return [*cells, "", ""]
    comparison = read_comparison(study, name)
    return [*cells, *difference_table([comparison])[1][2:]]


def read_comparison(study: Mapping[str, Any], name: str) -> Comparison:
    """Return the difference of a finalist to the baseline.

    Args:
        study: The data of `study.json`.
        name: Name of the finalist.
    """
    points = study["differences"][name]["points_by_seed"]
    return Comparison(
        label_of(study, name),
        label_of(study, next(iter(study["test_accuracy"]))),
        study.get("smallest_difference", SMALLEST_DIFFERENCE),
        {int(seed): difference for seed, difference in points.items()},
    )


def label_of(study: Mapping[str, Any], name: str) -> str:
    """Return the name of a finalist for people to read.

    Args:
        study: The data of `study.json`.
        name: Name of the finalist.
    """
    label: str = study.get("labels", {}).get(name, name)
    return label

"""The finalists of studies by `python -m seal_tf.study`, in one figure."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seal_tf.reports.comparison import Comparison
from seal_tf.reports.figures import plot_differences
from seal_tf.utils import plot_style
from studies.finals_table import read_comparison, read_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def finals_figure(folders: Sequence[str | Path]) -> Figure | None:
    """Plot the differences of all finalists to the baseline of their study.

    A method has the same color in all studies.

    Args:
        folders: Folders with the files `study.json` that studies wrote.

    Returns:
        The figure, or None without a finalist besides the baselines.
    """
    rows: list[Comparison] = []
    methods: list[str] = []
    for folder in map(Path, folders):
        study = json.loads((folder / "study.json").read_text())
        title = read_title(folder)
        for name in study["differences"]:
            comparison = read_comparison(study, name)
            label = f"{comparison.name}: {title}"
            rows.append(dataclasses.replace(comparison, name=label))
            methods.append(name)
    if not rows:
        return None
    names = list(dict.fromkeys(methods))
    # No row is a baseline, which would be gray.
    styles = dict(
        zip(names, plot_style.method_styles(names, baseline=-1), strict=True)
    )
    return plot_differences(
        rows,
        {r.name: styles[m] for r, m in zip(rows, methods, strict=True)},
    )

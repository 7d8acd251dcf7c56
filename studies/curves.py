"""Accuracies by epoch of the runs of a study."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seal_tf.utils.files import read_json_lines
from studies.results import Results, results_by_method
from studies.study import Study

#: Metrics that a result has by epoch, each in percent with two decimals.
METRICS = ("val_accuracy", "accuracy")

#: Means over seeds by label of the method, one number for each epoch.
Curves = dict[str, list[float]]


def read_curves(workdir: str | Path) -> dict[str, list[float | None]]:
    """Read the accuracies by epoch of a finished run.

    Args:
        workdir: Work directory of the run.

    Returns:
        A list with a percentage for each epoch, by metric, with None for a
        number that is not finite; empty for a probe.
    """
    epochs = read_json_lines(Path(workdir) / "metrics.jsonl")
    if not epochs:
        return {}
    return {
        metric: [_percentage(epoch[metric]) for epoch in epochs]
        for metric in METRICS
    }


def _percentage(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 2)


def mean_curves(
    study: Study, results: Results, setting: str, metric: str
) -> Curves:
    """Return the accuracy by epoch of each method in one setting.

    Args:
        study: The study.
        results: Its results. Those without curves are ignored.
        setting: Name of the setting.
        metric: A name in `METRICS`.
    """
    curves = {
        study.methods[method]: [
            record["curves"][metric] for record in own if record.get("curves")
        ]
        for method, own in results_by_method(study, results, setting).items()
    }
    return {
        label: [_mean(row) for row in zip(*seeds, strict=True)]
        for label, seeds in curves.items()
        if seeds
    }


def _mean(values: Sequence[Any]) -> float:
    """Return the mean, or NaN if a number is missing."""
    if None in values:
        return math.nan
    return math.fsum(values) / len(values)

"""Tables with a row for each method and a column for each setting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seal_tf.utils.statistics import format_mean
from studies.results import Results
from studies.study import Study


def validation_accuracy(result: Mapping[str, Any]) -> float:
    """Return the validation accuracy in percent after the last epoch."""
    return 100 * result["last"]["val_accuracy"]


def best_accuracy(result: Mapping[str, Any]) -> float:
    """Return the validation accuracy in percent of the best epoch."""
    return 100 * result["best"]["val_accuracy"]


def training_accuracy(result: Mapping[str, Any]) -> float:
    """Return the accuracy in percent on the augmented images of the last epoch.

    A forgetting method whose accuracy is low here has not relearned before
    the run ended.
    """
    return 100 * result["last"]["accuracy"]


def settings_table(
    study: Study,
    results: Results,
    metric: Callable[[Mapping[str, Any]], float],
) -> list[list[str]]:
    """Return the rows of a table of methods by settings.

    Args:
        study: The study.
        results: Its results. Those of probes are ignored.
        metric: Function of a result, such as `validation_accuracy`.

    Returns:
        The rows with a header; cells are means over seeds with standard
        deviations, and empty where no run is finished.
    """
    values: dict[tuple[str, str], list[float]] = {}
    for (setting, method, _), record in sorted(results.items()):
        if "last" in record["result"]:
            values.setdefault((method, setting), []).append(
                metric(record["result"])
            )
    settings = [s for s in study.settings if any(k[1] == s for k in values)]
    methods = [m for m in study.methods if any(k[0] == m for k in values)]
    return [
        ["method", *(study.settings[setting] for setting in settings)],
        *(
            [
                study.methods[method],
                *(
                    format_mean(values[method, setting])
                    if (method, setting) in values
                    else ""
                    for setting in settings
                ),
            ]
            for method in methods
        ),
    ]

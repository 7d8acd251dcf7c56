"""Compare the methods of a study, seed by seed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from seal_tf.reports.comparison import SMALLEST_DIFFERENCE, Comparison
from seal_tf.reports.run_groups import accuracy_of, paired_difference
from seal_tf.utils.statistics import (
    format_mean,
    format_with_interval,
    mean_and_deviation,
)
from studies.results import Results
from studies.study import Study

#: The few-shot setting that is compared.
FEW_SHOT_SETTING = "5-way 5-shot"


@dataclasses.dataclass(frozen=True)
class MethodResult:
    """The results of a method in one setting.

    Args:
        method: Name of the method, with " (ensemble)" for an ensemble and
            " (average)" for averaged weights.
        label: Label in tables and figures.
        values: Value of `headline_metric`, by seed.
        published_split: With `--val_from_train`: accuracy in percent on the
            published validation split, by seed.
        ascent_accuracies: Training accuracy in percent (of the augmented
            training images) in the last epoch of the last ascent, by seed.
        differences: Paired difference to each baseline, in points, with its
            95 % t interval over seeds, as text.
    """

    method: str
    label: str
    values: dict[int, float]
    published_split: dict[int, float]
    ascent_accuracies: dict[int, float]
    differences: dict[str, str]

    @property
    def mean(self) -> float:
        """Mean value over seeds."""
        return mean_and_deviation(self.values.values())[0]

    def format_values(self) -> str:
        """Return the mean over seeds, with the standard deviation."""
        return format_mean(self.values.values())


def headline_metric(result: Mapping[str, Any]) -> tuple[str, float]:
    """Return the metric by which a run is compared: (name, value).

    Accuracies are in percent. A prediction depth is in taps, from 1.

    Args:
        result: Summary of a training, or result of a probe of one network.

    Raises:
        ValueError: The probe has no such metric.
    """
    if "last" in result:
        accuracy = result["last"]["val_accuracy"]
        return "validation accuracy, last epoch (%)", 100 * accuracy
    return probe_metric(result["probe"], result["networks"][0]["results"])


def probe_metric(probe: str, results: Mapping[str, Any]) -> tuple[str, float]:
    """Return the metric by which a probed network is compared: (name, value).

    Args:
        probe: Name of the probe.
        results: Its results of one network.

    Raises:
        ValueError: The probe has no such metric.
    """
    if probe == "linear":
        return "linear probe, top-1 (%)", 100 * results["top1"]
    if probe == "few_shot":
        row = next(
            row
            for row in results["settings"]
            if row["setting"] == FEW_SHOT_SETTING
        )
        return f"{FEW_SHOT_SETTING} accuracy (%)", 100 * row["mean"]
    if probe == "prediction_depth":
        depth = results["splits"]["validation"]["correctness"]["mean"]
        return "mean prediction depth (taps)", depth
    raise ValueError(
        "Argument `probe` must be linear, few_shot or prediction_depth in a "
        f"study. Received: probe={probe}"
    )


def metric_name(results: Results, setting: str) -> str:
    """Return the name of the metric of a setting; see `headline_metric`."""
    result = next(r for (name, *_), r in results.items() if name == setting)
    return headline_metric(result["result"])[0]


def generation_accuracies(
    study: Study, results: Results, setting: str
) -> dict[str, list[list[float]]]:
    """Return the validation accuracy at the end of each generation.

    Args:
        study: The study.
        results: Its results.
        setting: Name of the setting.

    Returns:
        Accuracies in percent, by label of the method, generation and seed.
        Methods with one generation are omitted.
    """
    by_method: dict[str, list[list[float]]] = {}
    for (name, method, _), record in sorted(results.items()):
        generations = record["result"].get("generations", ())
        if name == setting and len(generations) > 1:
            accuracies = [100 * g["val_accuracy_last"] for g in generations]
            by_method.setdefault(method, []).append(accuracies)
    return {
        label: [list(column) for column in zip(*by_method[method], strict=True)]
        for method, label in study.methods.items()
        if method in by_method
    }


def compare_methods(
    study: Study, results: Results, setting: str
) -> list[MethodResult]:
    """Compare the methods of a study in one setting.

    Args:
        study: The study.
        results: Its results.
        setting: Name of the setting.

    Returns:
        The methods with results, in the order of the study. An ensemble
        and an average follow their method.
    """
    values = _values(results, setting)
    published_split = _published_split(results, setting)
    ascent_accuracies = _ascent_accuracies(results, setting)
    rows = []
    for method, method_label in study.methods.items():
        for name, label in (
            (method, method_label),
            (f"{method} (ensemble)", f"{method_label}, ensemble"),
            (f"{method} (average)", f"{method_label}, average"),
        ):
            if name not in values:
                continue
            by_seed = dict(sorted(values[name].items()))
            differences = {
                baseline: format_difference(by_seed, values[baseline])
                for baseline in study.baselines
                if baseline in values and baseline != name
            }
            rows.append(
                MethodResult(
                    name,
                    label,
                    by_seed,
                    published_split.get(name, {}),
                    ascent_accuracies.get(name, {}),
                    differences,
                )
            )
    return rows


def _in_setting(
    results: Results, setting: str
) -> list[tuple[str, int, dict[str, Any]]]:
    """Return (method, seed, result) of each run in a setting."""
    return [
        (method, seed, record["result"])
        for (name, method, seed), record in results.items()
        if name == setting
    ]


def _values(results: Results, setting: str) -> dict[str, dict[int, float]]:
    values: dict[str, dict[int, float]] = {}
    for method, seed, result in _in_setting(results, setting):
        values.setdefault(method, {})[seed] = headline_metric(result)[1]
        for part in ("ensemble", "average"):
            if part in result:
                accuracy = 100 * accuracy_of(result, part)
                values.setdefault(f"{method} ({part})", {})[seed] = accuracy
    return values


def _published_split(
    results: Results, setting: str
) -> dict[str, dict[int, float]]:
    accuracies: dict[str, dict[int, float]] = {}
    for method, seed, result in _in_setting(results, setting):
        if "test" in result:
            accuracy = 100 * result["test"]["accuracy"]
            accuracies.setdefault(method, {})[seed] = accuracy
    return accuracies


def _ascent_accuracies(
    results: Results, setting: str
) -> dict[str, dict[int, float]]:
    accuracies: dict[str, dict[int, float]] = {}
    for method, seed, result in _in_setting(results, setting):
        ascents = [
            g["accuracy_at_end_of_ascent"]
            for g in result.get("generations", ())
            if g["accuracy_at_end_of_ascent"] is not None
        ]
        if ascents:
            accuracies.setdefault(method, {})[seed] = 100 * ascents[-1]
    return accuracies


def compare_with_baseline(
    study: Study, rows: Sequence[MethodResult]
) -> list[Comparison]:
    """Compare the methods with the first baseline, as reports do.

    Args:
        study: The study.
        rows: The methods of one setting.

    Returns:
        The comparisons from the largest difference down, by label; empty
        without a result of the baseline.
    """
    baseline = next((r for r in rows if r.method == study.baselines[0]), None)
    if baseline is None:
        return []
    comparisons = []
    for row in rows:
        if row is baseline:
            continue
        seeds = sorted(row.values.keys() & baseline.values.keys())
        differences = {s: row.values[s] - baseline.values[s] for s in seeds}
        if differences:
            comparisons.append(
                Comparison(
                    row.label, baseline.label, SMALLEST_DIFFERENCE, differences
                )
            )
    return sorted(comparisons, key=lambda comparison: -comparison.mean)


def mean_differences(
    study: Study, results: Results
) -> dict[str, dict[str, float]]:
    """Return the mean paired differences to the first baseline, in points.

    Args:
        study: The study.
        results: Its results.

    Returns:
        Differences by label of the method and name of the setting. Settings
        whose metric is not an accuracy are omitted.
    """
    differences: dict[str, dict[str, float]] = {}
    settings = {setting for setting, *_ in results}
    for setting in (s for s in study.settings if s in settings):
        if not metric_name(results, setting).endswith("(%)"):
            continue
        rows = {
            row.method: row for row in compare_methods(study, results, setting)
        }
        baseline = rows.pop(study.baselines[0], None)
        if baseline is None:
            continue
        for row in rows.values():
            difference = paired_difference(row.values, baseline.values)
            if difference:
                differences.setdefault(row.label, {})[setting] = difference[0]
    return differences


def format_difference(
    values: Mapping[int, float], baseline: Mapping[int, float]
) -> str:
    """Format a paired difference as "+2.00 (−0.48 to +4.48)".

    Args:
        values: Values by seed.
        baseline: Values of the baseline by seed.

    Returns:
        The text; empty without a common seed.
    """
    difference = paired_difference(values, baseline)
    if difference is None:
        return ""
    mean, margin = difference
    text = format_with_interval(mean, margin, 2)
    return f"{text} (one seed)" if margin is None else text

"""The numbers of figures."""

import numpy as np
import pytest

from seal_tf.reports.run_groups import RunGroup
from seal_tf.reports.runs import Run
from seal_tf.reports.series import (
    accuracy_margin,
    end_of_generations,
    group_styles,
    mean_by_epoch,
    phase_spans,
)
from seal_tf.utils.plot_colors import BASELINE, METHODS


def group(name, accuracies, phases="dada"):
    """Return a group of two-epoch generations, with rows [seed][epoch]."""
    runs = []
    for seed, values in enumerate(accuracies):
        epochs = [
            {
                "epoch": i,
                "generation": i // 2,
                "val_accuracy": value,
                "phase": {"a": "ascent", "d": "descent"}[phase],
            }
            for i, (value, phase) in enumerate(zip(values, phases, strict=True))
        ]
        summary = {
            "seed": seed,
            "method": name,
            "epochs": len(values),
            "passes": 2.0 * len(values),
            "validation_images": 400,
            "generations": [{"val_accuracy_last": v} for v in values[1::2]],
        }
        runs.append(Run(None, name, summary, epochs))
    return RunGroup(name, (), tuple(runs))


def test_end_of_generations_returns_mean_and_deviation():
    rows = [[0.1, 0.2, 0.3, 0.4], [0.1, 0.3, 0.3, 0.8]]
    series = end_of_generations([group("seal", rows)])
    line = series.lines["seal"]
    assert series.x_label == "generation" and line.x == [1, 2]
    percents = 100 * np.array(rows)[:, 1::2]
    np.testing.assert_allclose(line.mean, percents.mean(0))
    np.testing.assert_allclose(line.spread, percents.std(0, ddof=1))


def test_end_of_generations_of_one_run_has_the_binomial_margin():
    one = group("seal", [[0.1, 0.5, 0.1, 0.2]])
    line = end_of_generations([one]).lines["seal"]
    expected = [196 * (p * (1 - p) / 400) ** 0.5 for p in (0.5, 0.2)]
    np.testing.assert_allclose(line.spread, expected)
    assert accuracy_margin(one.runs[0], 0.5) == pytest.approx(4.9)


def test_end_of_generations_of_unequal_runs_counts_passes():
    long = group("seal", [[0.1, 0.2, 0.3, 0.4]])
    short = group("normal", [[0.1, 0.2]], "dd")
    series = end_of_generations([long, short])
    assert series.x_label == "passes over the data"
    assert series.lines["seal"].x == [4, 8]
    assert series.lines["normal"].x == [4]


def test_mean_by_epoch_omits_epochs_without_a_finite_value():
    rows = [[0.1, None, 0.3, 0.4], [0.3, 0.2, 0.5, 0.8]]
    x, y = mean_by_epoch(group("seal", rows), "val_accuracy", 100)
    assert x == [1, 3, 4]
    assert y == pytest.approx([20, 40, 60])


def test_phase_spans_joins_epochs_and_needs_equal_ascents():
    rows = [[0.1] * 6]
    seal = group("seal", rows, "ddaada")
    normal = group("normal", rows, "dddddd")
    assert phase_spans([seal, normal]) == [(2.5, 4.5), (5.5, 6.5)]
    assert phase_spans([seal, group("x", rows, "daaaaa")]) == []
    assert phase_spans([normal]) == []


def test_group_styles_have_gray_for_the_baseline_only():
    rows = [[0.1, 0.2]]
    groups = [group(name, rows, "dd") for name in ("normal", "seal", "llf")]
    styles = group_styles(groups, groups[1])
    assert styles["seal"]["color"] == BASELINE
    assert styles["normal"]["color"] == METHODS["normal"]
    assert styles["llf"]["color"] == METHODS["llf"]

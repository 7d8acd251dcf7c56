"""Tests of what generations forget."""

from __future__ import annotations

import pytest

from studies.forgotten_accuracy import forgetting_table, measure_forgetting
from studies.study import load_study
from tests.studies.samples import run_result


def test_measure_forgetting_is_a_mean_over_generations() -> None:
    accuracies = [10, 60, 80, 30, 20, 70, 40, 50, 90]
    forgetting = measure_forgetting(accuracies, 3)
    assert forgetting is not None
    assert forgetting.before == pytest.approx((80 + 70) / 2)
    assert forgetting.lowest == pytest.approx((20 + 40) / 2)
    assert forgetting.after == pytest.approx((70 + 90) / 2)


def test_measure_forgetting_of_one_generation_is_none() -> None:
    assert measure_forgetting([10, 20], 1) is None


def test_forgetting_table_has_the_methods_with_generations() -> None:
    def run(seed: int, *accuracies: float | None, generations: int) -> dict:
        entries = {"generations": [{}] * generations}
        curves = {"accuracy": [*accuracies], "val_accuracy": [*accuracies]}
        return run_result(0.5, seed, **entries) | {"curves": curves}

    results = {
        ("eurosat", "restarts", 0): run(0, 50, 80, 40, 90, generations=2),
        ("eurosat", "restarts", 1): run(1, 50, 70, 30, 90, generations=2),
        ("eurosat", "long", 0): run(0, 50, 80, generations=1),
        # An epoch without a finite number.
        ("eurosat", "llf", 0): run(0, 50, None, 40, 90, generations=2),
        ("eurosat", "seal_auto", 0): run_result(0.5, 0),
    }
    _, row = forgetting_table(load_study("methods"), results, "eurosat")
    assert row == ["restarts", "75.00 ± 7.07", "35.00 ± 7.07", "90.00 ± 0.00"]

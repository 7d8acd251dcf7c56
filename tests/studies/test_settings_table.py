"""Tests of tables by method and setting."""

from __future__ import annotations

from studies.settings_table import (
    settings_table,
    training_accuracy,
    validation_accuracy,
)
from studies.study import load_study
from tests.studies.samples import run_result


def test_settings_table_has_a_row_for_each_method_with_results() -> None:
    results = {
        ("l2_5e-4", "long", 100): run_result(0.5, 100),
        ("l2_5e-4", "long", 101): run_result(0.6, 101),
        ("l2_1e-2", "long", 100): run_result(0.4, 100),
        ("l2_1e-2", "llf", 100): run_result(0.3, 100),
    }
    study = load_study("tuned_choose")
    assert settings_table(study, results, validation_accuracy) == [
        ["method", "L2 0.0005 (published)", "L2 0.01"],
        ["one long cosine", "55.00 ± 7.07", "40.00"],
        ["LLF", "", "30.00"],
    ]
    for record in results.values():
        record["result"]["last"]["accuracy"] = 0.25
    rows = settings_table(study, results, training_accuracy)
    assert rows[2] == ["LLF", "", "25.00"]


def test_settings_table_ignores_probes() -> None:
    results = {("l2_5e-4", "long", 100): {"result": {"probe": "linear"}}}
    study = load_study("tuned_choose")
    assert settings_table(study, results, validation_accuracy) == [["method"]]

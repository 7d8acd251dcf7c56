"""Tests of accuracies by epoch."""

from __future__ import annotations

import json
import math
from pathlib import Path

from studies import figures
from studies.comparison import compare_methods
from studies.curves import mean_curves, read_curves
from studies.study import load_study
from tests.studies.samples import run_result


def _results() -> dict:
    def run(accuracy: float, seed: int, *curve: float | None) -> dict:
        curves = {"val_accuracy": [*curve], "accuracy": [*curve]}
        return run_result(accuracy, seed) | {"curves": curves}

    return {
        ("eurosat", "llf", 0): run(0.5, 0, 10, None, 50),
        ("eurosat", "llf", 1): run(0.75, 1, 20, 40, 75),
        ("eurosat", "long", 0): run(0.5, 0, 30, 50),
        ("eurosat", "restarts", 0): run_result(0.5, 0),
        ("cifar100", "seal_auto", 0): run(0.5, 0, 10),
    }


def test_read_curves_has_a_percentage_for_each_epoch(tmp_path: Path) -> None:
    lines = [
        {"epoch": 0, "accuracy": 0.123456, "val_accuracy": 0.5, "loss": 1.0},
        {"epoch": 1, "accuracy": None, "val_accuracy": 1 / 3, "loss": None},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "metrics.jsonl").write_text(text)
    assert read_curves(tmp_path) == {
        "accuracy": [12.35, None],
        "val_accuracy": [50.0, 33.33],
    }


def test_read_curves_of_a_probe_is_empty(tmp_path: Path) -> None:
    assert read_curves(tmp_path) == {}


def test_mean_curves_average_over_seeds_in_the_order_of_the_study() -> None:
    study = load_study("methods")
    curves = mean_curves(study, _results(), "eurosat", "val_accuracy")
    assert list(curves) == ["one long cosine", "LLF"]
    assert curves["one long cosine"] == [30, 50]
    first, missing, last = curves["LLF"]
    assert (first, last) == (15, 62.5)
    assert math.isnan(missing)


def test_draw_curves_has_a_line_for_each_method_with_curves() -> None:
    study, results = load_study("methods"), _results()
    rows = compare_methods(study, results, "eurosat")
    figure = figures.draw_curves(study, results, "eurosat", rows)
    assert figure is not None
    for ax in figure.axes:
        long, llf = ax.lines
        assert list(long.get_xdata()) == [1, 2]
        assert list(llf.get_xdata()) == [1, 3]
    assert figure.axes[0].get_ylabel() == "validation accuracy (%)"
    assert figures.draw_curves(study, {}, "eurosat", []) is None

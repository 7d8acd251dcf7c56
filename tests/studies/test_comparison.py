"""Tests of the comparison of methods."""

from __future__ import annotations

import numpy as np
import pytest

from studies import comparison
from studies.study import load_study
from tests.studies.samples import run_result


def test_compare_methods_pairs_differences_by_seed() -> None:
    """Against NumPy: paired seeds separate two methods that move together."""
    study = load_study("methods")
    results = {}
    long, llf = [0.50, 0.60, 0.70], [0.51, 0.62, 0.73]
    for seed in range(3):
        results["eurosat", "long", seed] = run_result(long[seed], seed)
        results["eurosat", "llf", seed] = run_result(llf[seed], seed)
    rows = {
        row.method: row
        for row in comparison.compare_methods(study, results, "eurosat")
    }
    assert rows["llf"].format_values() == "62.00 ± 11.00"
    difference = 100 * (np.array(llf) - long)
    margin = 4.302653 * difference.std(ddof=1) / 3**0.5
    low, high = difference.mean() - margin, difference.mean() + margin
    assert low < 0 < high
    assert (
        rows["llf"].differences["long"] == f"+2.00 (−{-low:.2f} to +{high:.2f})"
    )
    assert rows["long"].differences == {}
    assert comparison.compare_methods(study, results, "cifar100") == []
    assert comparison.mean_differences(study, results) == {
        "LLF": {"eurosat": pytest.approx(2)}
    }


def test_compare_methods_adds_a_row_for_an_ensemble() -> None:
    study = load_study("methods")
    results = {
        ("eurosat", "snapshots", 0): run_result(
            0.5,
            0,
            ensemble={"last": [0.5, 0.75]},
            test={"accuracy": 0.25},
            generations=[
                {"accuracy_at_end_of_ascent": None},
                {"accuracy_at_end_of_ascent": 0.125},
            ],
        )
    }
    row, ensemble = comparison.compare_methods(study, results, "eurosat")
    assert ensemble.label == "snapshots, ensemble"
    assert ensemble.values == {0: 75}
    assert row.published_split == {0: 25}
    assert row.ascent_accuracies == {0: 12.5}


def test_compare_methods_adds_a_row_for_averaged_weights() -> None:
    study = load_study("methods")
    results = {
        ("eurosat", "ema", 0): run_result(
            0.5, 0, average={"weights": 4, "val_accuracy": 0.75}
        )
    }
    row, average = comparison.compare_methods(study, results, "eurosat")
    assert row.values == {0: 50}
    assert average.label == f"{row.label}, average"
    assert average.values == {0: 75}


def test_generation_accuracies_are_grouped_over_seeds() -> None:
    study = load_study("methods")
    results = {}
    for seed, accuracies in enumerate(([0.4, 0.5], [0.6, 0.5])):
        results["eurosat", "llf", seed] = run_result(
            0.5,
            seed,
            generations=[
                {"val_accuracy_last": a, "accuracy_at_end_of_ascent": None}
                for a in accuracies
            ],
        )
    accuracies = comparison.generation_accuracies(study, results, "eurosat")
    assert accuracies == {"LLF": [[40, 60], [50, 50]]}


@pytest.mark.parametrize(
    ("probe", "content", "expected"),
    [
        (
            "linear",
            {"by_seed": [{"top1": 0.5}, {"top1": 0}], "top1": 0.25},
            ("linear probe, top-1 (%)", 25),
        ),
        (
            "few_shot",
            {"settings": [{"setting": "5-way 5-shot", "mean": 0.5}]},
            ("5-way 5-shot accuracy (%)", 50),
        ),
        (
            "prediction_depth",
            {"splits": {"validation": {"correctness": {"mean": 3.5}}}},
            ("mean prediction depth (taps)", 3.5),
        ),
    ],
)
def test_headline_metric_of_a_probe(
    probe: str, content: dict, expected: tuple[str, float]
) -> None:
    result = {"probe": probe, "networks": [{"results": content}]}
    assert comparison.headline_metric(result) == expected


def test_headline_metric_of_another_probe_raises() -> None:
    result = {"probe": "sharpness", "networks": [{"results": {}}]}
    with pytest.raises(ValueError, match="Received: probe=sharpness"):
        comparison.headline_metric(result)


def test_format_difference_without_a_common_seed_is_empty() -> None:
    assert comparison.format_difference({0: 1.0}, {1: 1.0}) == ""
    assert comparison.format_difference({0: 1.5}, {0: 1}) == "+0.50 (one seed)"


def test_compare_with_baseline_subtracts_by_seed() -> None:
    study = load_study("methods")
    results = {
        ("eurosat", "long", 0): run_result(0.5, 0),
        ("eurosat", "long", 1): run_result(0.6, 1),
        ("eurosat", "llf", 0): run_result(0.4, 0),
        ("eurosat", "llf", 2): run_result(0.9, 2),
        ("eurosat", "restarts", 1): run_result(0.7, 1),
    }
    rows = comparison.compare_methods(study, results, "eurosat")
    comparisons = comparison.compare_with_baseline(study, rows)
    assert [c.name for c in comparisons] == ["restarts", "LLF"]
    assert comparisons[0].differences == {1: pytest.approx(10)}
    assert comparisons[1].differences == {0: pytest.approx(-10)}
    assert comparison.compare_with_baseline(study, rows[1:]) == []

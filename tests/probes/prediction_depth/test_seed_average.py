"""Averages of prediction-depth results over seeds."""

import pytest

from seal_tf.probes.prediction_depth.seed_average import average_over_seeds
from tests.probes.prediction_depth.examples import by_depth_row, depth_entry


def test_average_over_seeds_of_one_seed_only_renames():
    single = depth_entry()
    assert average_over_seeds("g", [single]) == {**single, "name": "g"}


def test_average_over_seeds_averages_and_weights_by_examples():
    rows = [[by_depth_row(1, 10, 0.5)], [by_depth_row(1, 30, 0.9)]]
    learned = [
        {"depth": 1, "examples": 10, "never_fraction": 0.5, "mean": 2.0},
        {"depth": 1, "examples": 10, "never_fraction": 1.0, "mean": None},
    ]
    entries = [
        depth_entry(
            seed=seed,
            mean=1.0 + seed,
            by_depth=rows[seed],
            learning_epochs={"first_correct": [learned[seed]]},
        )
        for seed in (0, 1)
    ]
    average = average_over_seeds("g", entries)
    assert average["name"] == "g, 2 seeds"
    split = average["results"]["splits"]["validation"]
    assert split["deviation_per_tap"] == [0, 0]
    summary = split["correctness"]
    assert summary["mean"] == 1.5
    assert summary["deviation"] == pytest.approx(0.5**0.5)
    assert summary["histogram"] == [4, 2, 2]
    assert summary["by_class"] == [1.0, None]
    (row,) = summary["by_depth"]
    assert row["examples"] == 40
    assert row["accuracy"] == pytest.approx(0.8)
    (row,) = summary["learning_epochs"]["first_correct"]
    assert row["mean"] == 2.0
    assert row["never_fraction"] == 0.75

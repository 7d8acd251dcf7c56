"""Prediction depth by hand, and against loops in NumPy."""

import numpy as np
import pytest

from seal_tf.probes.labeled_features import LabeledFeatures
from seal_tf.probes.learning_record import first_correct_epoch
from seal_tf.probes.neighbors import NeighborSearch
from seal_tf.probes.prediction_depth import compute


def depths_by_loop(predictions, target):
    depths = []
    for example, expected in enumerate(target):
        depth = len(predictions) + 1
        for tap in reversed(range(len(predictions))):
            if predictions[tap][example] != expected:
                break
            depth = tap + 1
        depths.append(depth)
    return depths


def test_prediction_depths_equal_a_loop():
    predictions = np.array([[1, 0, 1, 0], [1, 1, 0, 0], [1, 1, 1, 0]])
    depths = compute.prediction_depths(predictions, np.ones(4, int))
    assert depths.tolist() == [1, 2, 3, 4]
    rng = np.random.default_rng(0)
    predictions = rng.integers(0, 2, (5, 400))
    target = rng.integers(0, 2, 400)
    depths = compute.prediction_depths(predictions, target)
    assert depths.tolist() == depths_by_loop(predictions, target)


def test_neighbor_votes_count_the_classes_of_neighbors():
    training = LabeledFeatures(
        np.array([[0.0], [1.0], [10.0]], "f4"), np.array([0, 0, 1])
    )
    votes = compute.neighbor_votes(
        training, np.array([[0.5], [9.0]], "f4"), 2, NeighborSearch(2)
    )
    assert votes.tolist() == [[2, 0], [1, 1]]


def test_summarize_depths_reports_means_and_a_normal_interval():
    rng = np.random.default_rng(1)
    depth, labels = rng.integers(1, 5, 500), rng.integers(0, 3, 500)
    summary = compute.summarize_depths(depth, 3, labels, 4)
    assert summary["mean"] == pytest.approx(depth.mean())
    assert summary["histogram"] == [(depth == d).sum() for d in (1, 2, 3, 4)]
    assert summary["none_fraction"] == pytest.approx((depth == 4).mean())
    assert summary["by_class"][0] == pytest.approx(depth[labels == 0].mean())
    assert summary["by_class"][3] is None
    # For many examples the bootstrap interval is that of the normal law.
    half = 1.96 * depth.std() / np.sqrt(500)
    low, high = summary["interval"]
    assert low == pytest.approx(depth.mean() - half, abs=0.03)
    assert high == pytest.approx(depth.mean() + half, abs=0.03)


def test_metrics_by_depth_equal_hand_computation():
    p = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8]])
    labels, depth = np.array([0, 1, 1, 0]), np.array([1, 1, 2, 3])
    rows = compute.metrics_by_depth(depth, 2, p, labels)
    assert [r["depth"] for r in rows] == [1, 2, 3]
    assert rows[0]["examples"] == 2
    assert rows[0]["accuracy"] == 0.5
    assert rows[0]["confidence"] == pytest.approx(0.75)
    assert rows[0]["nll"] == pytest.approx(-np.log([0.9, 0.4]).mean())
    # Two bins of one example: |1 - 0.9| and |0 - 0.6|, half each.
    assert rows[0]["calibration_error"] == pytest.approx((0.1 + 0.6) / 2)
    assert rows[2]["accuracy"] == 0


def test_calibration_error_equals_a_loop():
    rng = np.random.default_rng(0)
    confidence, correct = rng.uniform(size=300), rng.integers(0, 2, 300) > 0
    expected = 0
    for i in range(15):
        selected = (confidence >= i / 15) & (confidence < (i + 1) / 15)
        if selected.any():
            gap = abs(correct[selected].mean() - confidence[selected].mean())
            expected += gap * selected.mean()
    error = compute.calibration_error(confidence, correct)
    assert error == pytest.approx(expected)


def test_learning_epochs_by_depth_average_learned_examples():
    correct = np.array(
        [[0, 1, 0, 1, 0], [1, 0, 0, 1, 0], [1, 1, 0, 1, 1]], dtype=bool
    )
    rows = compute.learning_epochs_by_depth(
        np.array([1, 1, 1, 2, 2]), 2, first_correct_epoch(correct), 3
    )
    assert rows[0]["never_fraction"] == pytest.approx(1 / 3)
    assert rows[0]["mean"] == 0.5


def test_sort_by_difficulty_sorts_by_depth_then_votes():
    order = compute.sort_by_difficulty(np.array([2, 1, 1, 3]), [5, 1, 9, 9])
    assert order.tolist() == [2, 1, 0, 3]

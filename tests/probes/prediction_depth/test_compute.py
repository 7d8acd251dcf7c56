"""Prediction depth by hand, and against loops in NumPy."""

import numpy as np
import pytest

from seal_tf.probes import intervals, learning
from seal_tf.probes import prediction_depth as depth_of


def by_loop(said, target):
    found = []
    for example, wanted in enumerate(target):
        depth = len(said) + 1
        for tap in reversed(range(len(said))):
            if said[tap][example] != wanted:
                break
            depth = tap + 1
        found.append(depth)
    return found


def test_depths():
    said = np.array([[1, 0, 1, 0], [1, 1, 0, 0], [1, 1, 1, 0]])
    assert depth_of.depths(said, np.ones(4, int)).tolist() == [1, 2, 3, 4]
    rng = np.random.default_rng(0)
    said, target = rng.integers(0, 2, (5, 400)), rng.integers(0, 2, 400)
    assert depth_of.depths(said, target).tolist() == by_loop(said, target)


def test_summary():
    rng = np.random.default_rng(1)
    depth, labels = rng.integers(1, 5, 500), rng.integers(0, 3, 500)
    found = depth_of.summary(depth, 3, labels, 4)
    assert found["mean"] == pytest.approx(depth.mean())
    assert found["histogram"] == [(depth == d).sum() for d in (1, 2, 3, 4)]
    assert found["none"] == pytest.approx((depth == 4).mean())
    assert found["by_class"][0] == pytest.approx(depth[labels == 0].mean())
    assert found["by_class"][3] is None
    # The bootstrap's interval is about that of the normal law.
    half = 1.96 * depth.std() / np.sqrt(500)
    low, high = found["interval"]
    assert low == pytest.approx(depth.mean() - half, abs=0.03)
    assert high == pytest.approx(depth.mean() + half, abs=0.03)


def test_what_goes_with_depth():
    p = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8]])
    labels, depth = np.array([0, 1, 1, 0]), np.array([1, 1, 2, 3])
    rows = depth_of.goes_with(depth, 2, p, labels)
    assert [r["depth"] for r in rows] == [1, 2, 3]
    assert rows[0]["examples"] == 2
    assert rows[0]["accuracy"] == 0.5
    assert rows[0]["confidence"] == pytest.approx(0.75)
    assert rows[0]["nll"] == pytest.approx(-np.log([0.9, 0.4]).mean())
    # Two bins of one: |1 - 0.9| and |0 - 0.6|, half each.
    assert rows[0]["calibration_error"] == pytest.approx((0.1 + 0.6) / 2)
    assert rows[2]["accuracy"] == 0


def test_calibration_error_by_loop():
    rng = np.random.default_rng(0)
    confidence, correct = rng.uniform(size=300), rng.integers(0, 2, 300) > 0
    wanted = 0
    for i in range(15):
        mine = (confidence >= i / 15) & (confidence < (i + 1) / 15)
        if mine.any():
            gap = abs(correct[mine].mean() - confidence[mine].mean())
            wanted += gap * mine.mean()
    found = depth_of.calibration_error(confidence, correct)
    assert found == pytest.approx(wanted)


def test_learning_record(tmp_path):
    rows = np.array(
        [[0, 1, 0, 1, 0], [1, 0, 0, 1, 0], [1, 1, 0, 1, 1]], dtype=bool
    )
    for epoch, row in enumerate(rows):
        learning.write(tmp_path, epoch, {"train": row, "validation": ~row[:3]})
    found = learning.read(tmp_path)
    np.testing.assert_array_equal(found["train"], rows)
    np.testing.assert_array_equal(found["validation"], ~rows[:, :3])
    assert learning.first_correct(rows).tolist() == [1, 0, 3, 0, 2]
    assert learning.correct_for_good(rows).tolist() == [1, 2, 3, 0, 2]
    by_depth = depth_of.learned_by_depth(
        np.array([1, 1, 1, 2, 2]), 2, learning.first_correct(rows), 3
    )
    assert by_depth[0]["never"] == pytest.approx(1 / 3)
    assert by_depth[0]["mean"] == 0.5
    (tmp_path / "epoch_000001.npz").write_bytes(b"no")
    with pytest.raises(ValueError, match="epoch_000001.npz: damaged"):
        learning.read(tmp_path)
    (tmp_path / "epoch_000001.npz").unlink()
    with pytest.raises(ValueError, match="not the record of 2 epochs"):
        learning.read(tmp_path)


def test_easiest_first():
    order = depth_of.by_difficulty(np.array([2, 1, 1, 3]), [5, 1, 9, 9])
    assert order.tolist() == [2, 1, 0, 3]


def test_intervals():
    low, high = intervals.of_accuracy(90, 100)
    # Wilson's, by its formula.
    z, p, n = 1.959964, 0.9, 100
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * 0.1 / n + z * z / (4 * n * n))
    assert [low, high] == pytest.approx([middle - half, middle + half])
    assert intervals.half_of_mean([1.0]) is None
    # t of 2 degrees of freedom: 4.3027.
    assert intervals.half_of_mean([1, 2, 3]) == pytest.approx(
        4.3027 / np.sqrt(3), rel=1e-4
    )

"""Linear and few-shot probes on data whose answer is known."""

import numpy as np
import pytest

from seal_tf.probes import few_shot, linear
from seal_tf.probes.few_shot import Setting


def blobs(count, classes=4, width=6, apart=3.0, seed=0):
    """Gaussian classes around fixed centres."""
    centres = np.random.default_rng(9).normal(size=(classes, width)) * apart
    labels = np.arange(count) % classes
    noise = np.random.default_rng(seed).normal(size=(count, width))
    return (centres[labels] + noise).astype("f4"), labels


def test_linear_probe():
    x, y = blobs(200)
    held, truth = blobs(100, seed=1)
    found = linear.linear_probe(x * 1000, y, held * 1000, truth)
    assert found["top1"] > 0.9
    assert found["top1"] == found["right"].mean()
    assert found["top5"] == 1
    assert found["per_class"] == pytest.approx(
        np.mean([found["right"][truth == c].mean() for c in range(4)])
    )
    low, high = found["interval"]
    assert low < found["top1"] < high
    assert found["converged"]


def test_linear_probe_of_noise_is_chance():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 50)), np.arange(200) % 2
    held, truth = rng.normal(size=(400, 50)), np.arange(400) % 2
    found = linear.linear_probe(x, y, held, truth)
    assert 0.4 < found["top1"] < 0.6


def test_linear_probe_needs_two_of_each():
    x, y = blobs(5)
    with pytest.raises(ValueError, match="at least 2 training images"):
        linear.linear_probe(x, y, x, y)


def test_ridge_against_the_normal_equations():
    x, y = blobs(20, apart=1.0)
    asked, _ = blobs(30, seed=2, apart=1.0)
    # [x, 1] with a penalty on all but the last.
    lifted = np.c_[x, np.ones(len(x))].astype("f8")
    penalty = 0.7 * np.diag([1.0] * 6 + [0.0])
    w = np.linalg.solve(lifted.T @ lifted + penalty, lifted.T @ np.eye(4)[y])
    wanted = (np.c_[asked, np.ones(len(asked))] @ w).argmax(1)
    np.testing.assert_array_equal(few_shot._ridge(x, y, asked, 0.7), wanted)


@pytest.mark.parametrize("classifier", ["ridge", "logistic"])
def test_few_shot(classifier):
    x, y = blobs(120)
    held, truth = blobs(80, seed=1)
    means = []
    for shots in (1, 10):
        setting = Setting(3, shots, 5, 30)
        found = few_shot.few_shot(
            x, y, held, truth, setting, classifier=classifier
        )
        assert found["episodes"] == 30
        means.append(found["mean"])
    assert 1 / 3 < means[0] < means[1]
    assert means[1] > 0.9
    every = few_shot.few_shot(x, y, held, truth, Setting(None, 5, None, 1))
    assert every["half_interval"] is None


def test_episodes_are_a_function_of_seed_and_index():
    _, y = blobs(120)
    of_class = [np.flatnonzero(y == c) for c in range(4)]
    setting = Setting(3, 2, 5, 10, seed=3)
    draw = few_shot.episode(setting, 4, of_class, of_class)
    again = few_shot.episode(setting, 4, of_class, of_class)
    np.testing.assert_array_equal(draw[0], again[0])
    np.testing.assert_array_equal(draw[1], again[1])
    other = few_shot.episode(setting, 5, of_class, of_class)
    assert not np.array_equal(draw[0], other[0])
    support, queries = draw
    assert support.shape == (3, 2)
    assert len({y[row].item() for row in support[:, 0]}) == 3
    for row, asked in zip(support, queries, strict=True):
        assert {*y[row], *y[asked]} == {y[row[0]]}
        assert len(set(asked)) == 5


def test_what_the_data_do_not_allow():
    y, truth = np.repeat([0, 1, 2], 4), np.repeat([0, 1, 2], 3)
    assert "only 4 training" in few_shot.fitted(Setting(2, 5, 1, 1), y, truth)
    assert "only 3 classes" in few_shot.fitted(Setting(5, 1, 1, 1), y, truth)
    assert few_shot.fitted(Setting(2, 4, 15, 1), y, truth).queries == 3
    setting = Setting(2, 4, 3, 1)
    assert few_shot.fitted(setting, y, truth) == setting

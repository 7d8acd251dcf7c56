"""Few-shot episodes on data with a known answer."""

import numpy as np
import pytest

from seal_tf.probes.few_shot import compute
from seal_tf.probes.few_shot.compute import Classifier, EpisodeSetting
from seal_tf.probes.labeled_features import LabeledFeatures
from tests.probes.fakes import gaussian_classes


def test_predict_ridge_equals_the_normal_equations():
    x, y = gaussian_classes(20, distance=1.0)
    queries, _ = gaussian_classes(30, seed=2, distance=1.0)
    # [x, 1] with a penalty on all weights but the last.
    lifted = np.c_[x, np.ones(len(x))].astype("f8")
    penalty = 0.7 * np.diag([1.0] * 6 + [0.0])
    w = np.linalg.solve(lifted.T @ lifted + penalty, lifted.T @ np.eye(4)[y])
    expected = (np.c_[queries, np.ones(len(queries))] @ w).argmax(1)
    np.testing.assert_array_equal(
        compute.predict_ridge(x, y, queries, 0.7), expected
    )


@pytest.mark.parametrize("classifier", ["ridge", "logistic"])
def test_few_shot_accuracy_increases_with_shots(classifier):
    training = LabeledFeatures(*gaussian_classes(120))
    test = LabeledFeatures(*gaussian_classes(80, seed=1))
    means = []
    for shots in (1, 10):
        setting = EpisodeSetting(3, shots, 5, 30)
        accuracy = compute.few_shot_accuracy(
            training, test, setting, Classifier(classifier)
        )
        assert accuracy["episodes"] == 30
        means.append(accuracy["mean"])
    assert 1 / 3 < means[0] < means[1]
    assert means[1] > 0.9


def test_few_shot_accuracy_of_one_episode_has_no_margin():
    training = LabeledFeatures(*gaussian_classes(120))
    test = LabeledFeatures(*gaussian_classes(80, seed=1))
    accuracy = compute.few_shot_accuracy(
        training, test, EpisodeSetting(None, 5, None, 1)
    )
    assert accuracy["margin_of_error"] is None


def test_sample_episode_is_a_function_of_seed_and_index():
    _, y = gaussian_classes(120)
    rows = [np.flatnonzero(y == c) for c in range(4)]
    setting = EpisodeSetting(3, 2, 5, 10, seed=3)
    episode = compute.sample_episode(setting, 4, rows, rows)
    same = compute.sample_episode(setting, 4, rows, rows)
    np.testing.assert_array_equal(episode[0], same[0])
    np.testing.assert_array_equal(episode[1], same[1])
    other = compute.sample_episode(setting, 5, rows, rows)
    assert not np.array_equal(episode[0], other[0])
    support, queries = episode
    assert support.shape == (3, 2)
    assert len({y[row].item() for row in support[:, 0]}) == 3
    for row, query_rows in zip(support, queries, strict=True):
        assert {*y[row], *y[query_rows]} == {y[row[0]]}
        assert len(set(query_rows)) == 5


def test_fit_setting_adapts_to_the_data():
    y, truth = np.repeat([0, 1, 2], 4), np.repeat([0, 1, 2], 3)
    for setting, message in (
        (EpisodeSetting(2, 5, 1, 1), "only 4 training"),
        (EpisodeSetting(5, 1, 1, 1), "only 3 classes"),
    ):
        with pytest.raises(compute.SettingNotPossibleError, match=message):
            compute.fit_setting(setting, y, truth)
    reduced = compute.fit_setting(EpisodeSetting(2, 4, 15, 1), y, truth)
    assert reduced.queries == 3
    setting = EpisodeSetting(2, 4, 3, 1)
    assert compute.fit_setting(setting, y, truth) == setting


def test_protocol_names_classifier_and_seed():
    text = compute.protocol(Classifier("logistic", 0.5), 7)
    assert "C = 0.5" in text
    assert "seed 7" in text

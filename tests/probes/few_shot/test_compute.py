"""Few-shot episodes on data with a known answer."""

import dataclasses

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

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
        (EpisodeSetting(2, 5, 1, 1), "only 0 of 3 classes have 5 training"),
        (EpisodeSetting(5, 1, 1, 1), "only 3 classes"),
    ):
        with pytest.raises(compute.SettingNotPossibleError, match=message):
            compute.fit_setting(setting, y, truth)
    reduced = compute.fit_setting(EpisodeSetting(2, 4, 15, 1), y, truth)
    assert reduced.queries == 3
    setting = EpisodeSetting(2, 4, 3, 1)
    assert compute.fit_setting(setting, y, truth) == setting


def test_fit_setting_has_one_episode_if_all_have_the_same_images():
    """Their accuracies would be equal, which says nothing about others."""
    truth = np.repeat([0, 1, 2], 3)
    setting = EpisodeSetting(None, 4, None, 10)
    same = np.repeat([0, 1, 2], 4)
    assert compute.fit_setting(setting, same, truth).episodes == 1
    other = np.repeat([0, 1, 2], [4, 4, 5])
    assert compute.fit_setting(setting, other, truth).episodes == 10
    queries = dataclasses.replace(setting, queries=2)
    assert compute.fit_setting(queries, same, truth).episodes == 10


@pytest.mark.parametrize("ways", [2, None])
def test_fit_setting_excludes_classes_with_too_few_images(ways):
    # Class 1 has one training image, class 3 has no test image.
    y = np.repeat([0, 1, 2, 3, 4], [5, 1, 5, 5, 5])
    truth = np.repeat([0, 1, 2, 4], 3)
    setting = EpisodeSetting(ways, 5, 2 if ways else None, 20)
    fitted = compute.fit_setting(setting, y, truth)
    assert fitted.classes == (0, 2, 4)
    assert (fitted.ways, fitted.queries) == (setting.ways, setting.queries)
    rows = [np.flatnonzero(y == c) for c in range(5)]
    test_rows = [np.flatnonzero(truth == c) for c in range(5)]
    sampled = set()
    for index in range(20):
        support, queries = compute.sample_episode(
            fitted, index, rows, test_rows
        )
        assert len(support) == len(queries) == (ways or 3)
        sampled |= set(y[support.ravel()])
    assert sampled == {0, 2, 4}
    with pytest.raises(compute.SettingNotPossibleError, match="3 of 5 classes"):
        compute.fit_setting(EpisodeSetting(4, 5, 2, 1), y, truth)
    one = np.repeat([0, 1], [5, 1])
    with pytest.raises(compute.SettingNotPossibleError, match="1 of 2 classes"):
        compute.fit_setting(EpisodeSetting(None, 5, None, 1), one, one)


def test_paired_difference_is_the_t_interval_over_episodes():
    accuracies = np.array([0.5, 0.7, 0.9, 0.6])
    reference = np.array([0.4, 0.7, 0.7, 0.5])
    result = compute.paired_difference(accuracies, reference)
    assert result["mean"] == pytest.approx(0.1)
    # The t quantile of three degrees of freedom is 3.1824.
    error = np.std([0.1, 0, 0.2, 0.1], ddof=1) / 2
    assert result["margin_of_error"] == pytest.approx(3.1824 * error, rel=1e-4)
    single = compute.paired_difference(accuracies[:1], reference[:1])
    assert single["margin_of_error"] is None


def test_episode_accuracies_of_equal_networks_are_equal():
    """Episodes depend on the seed and the labels, not on the features."""
    x, y = gaussian_classes(120, distance=1.0)
    test_x, truth = gaussian_classes(80, seed=1, distance=1.0)
    setting = EpisodeSetting(3, 2, 5, 10)
    first, rotated = (
        compute.episode_accuracies(
            LabeledFeatures(np.ascontiguousarray(a), y),
            LabeledFeatures(np.ascontiguousarray(b), truth),
            setting,
        )
        for a, b in ((x, test_x), (x[:, ::-1], test_x[:, ::-1]))
    )
    np.testing.assert_array_equal(first, rotated)
    assert len(set(first)) > 1


@pytest.mark.parametrize("classifier", ["ridge", "logistic"])
def test_episode_accuracies_use_one_thread(classifier):
    """More threads made 100 episodes of 5 ways and 20 shots 48 times slower."""
    training = LabeledFeatures(*gaussian_classes(120))
    threads = []
    with threadpool_limits(2):
        compute.episode_accuracies(
            training,
            training,
            EpisodeSetting(3, 2, 5, 2),
            Classifier(classifier),
            lambda *_: threads.append(
                {pool["num_threads"] for pool in threadpool_info()}
            ),
        )
    assert threads == [{1}, {1}]


def test_protocol_names_classifier_and_seed():
    text = compute.protocol(Classifier("logistic", 0.5), 7)
    assert "C = 0.5" in text
    assert "seed 7" in text

"""Ensembles of snapshots."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf.models.batch_norm_statistics import (
    update_batch_norm_statistics,
)
from seal_tf.probes.ensemble import compute


def small_model():
    return keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Flatten(),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(3),
        ]
    )


@pytest.fixture
def members():
    return [small_model(), small_model()]


@pytest.fixture
def batches():
    rng = np.random.default_rng(0)
    images = rng.normal(2, 3, size=(8, 4, 4, 1)).astype("f4")
    labels = np.eye(3, dtype="f4")[rng.integers(0, 3, 8)]
    return tf.data.Dataset.from_tensor_slices((images, labels)).batch(4)


def test_softmax_outputs_sum_to_one(members, batches):
    outputs = compute.softmax_outputs(members, batches)
    assert outputs.shape == (2, 8, 3)
    np.testing.assert_allclose(outputs.sum(-1), 1, rtol=1e-5)


def test_ensemble_accuracies_average_the_last_members():
    outputs = np.array([[[0.9, 0.1], [0.9, 0.1]], [[0.4, 0.6], [0.2, 0.8]]])
    accuracies = compute.ensemble_accuracies(outputs, [0, 1])
    assert accuracies == {"members": [0.5, 0.5], "last": [0.5, 0.5]}
    accuracies = compute.ensemble_accuracies(outputs, [0, 0])
    assert accuracies == {"members": [1.0, 0.0], "last": [0.0, 1.0]}


def test_output_correlations_of_one_member_is_one():
    outputs = np.random.default_rng(0).uniform(size=(1, 5, 3))
    assert compute.output_correlations(outputs) == [[1.0]]


def test_interpolate_ends_at_the_members(members, batches):
    line = compute.interpolate(*members, batches, batches, points=3)
    assert [point["a"] for point in line] == [0.0, 0.5, 1.0]
    last = keras.models.clone_model(members[1])
    last.set_weights(members[1].get_weights())
    update_batch_norm_statistics(last, batches)
    last.compile(loss=keras.losses.CategoricalCrossentropy(from_logits=True))
    loss = last.evaluate(batches, verbose=0)
    assert line[-1]["loss"] == pytest.approx(loss, rel=1e-5)


def test_export_ensemble_serves_the_mean(members, tmp_path):
    path = compute.export_ensemble(
        members,
        tmp_path / "export",
        normalize=lambda x: tf.cast(x, tf.float32),
    )
    images = np.random.default_rng(0).integers(0, 9, (2, 4, 4, 1), np.uint8)
    model = tf.saved_model.load(str(path))
    outputs = model.serve(images)
    np.testing.assert_allclose(
        outputs["probabilities"], np.mean(outputs["members"], 0), rtol=1e-5
    )
    np.testing.assert_allclose(
        np.exp(outputs["logits"]), outputs["probabilities"], rtol=1e-5
    )


@pytest.fixture
def softmax_members(members):
    """The same members with a softmax at the end."""
    return [
        keras.Sequential([member, keras.layers.Softmax()]) for member in members
    ]


def test_softmax_members_give_the_results_of_logits(
    members, softmax_members, batches, tmp_path
):
    np.testing.assert_allclose(
        compute.softmax_outputs(softmax_members, batches),
        compute.softmax_outputs(members, batches),
        rtol=1e-5,
    )
    expected = compute.interpolate(*members, batches, batches, points=2)
    points = compute.interpolate(*softmax_members, batches, batches, points=2)
    assert [p["loss"] for p in points] == pytest.approx(
        [p["loss"] for p in expected], rel=1e-4
    )
    path = compute.export_ensemble(
        softmax_members,
        tmp_path / "export",
        normalize=lambda x: tf.cast(x, tf.float32),
    )
    images = np.random.default_rng(0).integers(0, 9, (2, 4, 4, 1), np.uint8)
    model = tf.saved_model.load(str(path))
    served = model.serve(images)
    mean = np.mean(
        [m.predict(images.astype("f4"), verbose=0) for m in softmax_members], 0
    )
    np.testing.assert_allclose(served["probabilities"], mean, rtol=1e-5)


def test_ensemble_of_other_outputs_raises(members, softmax_members, tmp_path):
    inputs = keras.Input((4, 4, 1))
    sigmoid = keras.Model(inputs, keras.ops.sigmoid(members[0](inputs)))
    for models, message in (
        ([members[0], softmax_members[1]], "logits, softmax"),
        ([sigmoid, sigmoid], "output sigmoid"),
    ):
        with pytest.raises(ValueError, match=message):
            compute.export_ensemble(
                models,
                tmp_path / "export",
                normalize=lambda x: tf.cast(x, tf.float32),
            )
    assert not (tmp_path / "export").exists()

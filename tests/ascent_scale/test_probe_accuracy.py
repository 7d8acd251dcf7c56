"""The accuracy on the probe images."""

import keras
import numpy as np
import pytest

from seal_tf.ascent_scale.probe_accuracy import (
    ProbeAccuracy,
    check_accuracy_metric,
)
from tests.training import nets


class Echo(keras.Model):
    """A model that returns its inputs."""

    def call(self, x):
        return x


@pytest.mark.parametrize(
    ("y", "predicted", "accuracy", "chance"),
    [
        ([0, 0, 1, 2], np.eye(3)[[0, 1, 1, 2]], 0.75, 0.5),
        ([[0], [0], [1], [2]], np.eye(3)[[0, 1, 1, 2]], 0.75, 0.5),
        (np.eye(2)[[0, 0, 1, 0]], np.eye(2)[[0, 1, 0, 0]], 0.5, 0.75),
        (
            [[0.0], [1.0], [1.0], [1.0]],
            [[0.1], [0.9], [0.4], [0.6]],
            0.75,
            0.75,
        ),
        ([0, 1, 1, 1], [[0.1], [0.9], [0.4], [0.2]], 0.5, 0.75),
        ([[0, 1], [0, 0]], np.eye(3)[[[0, 1], [2, 0]]], 0.75, 0.75),
    ],
    ids=[
        "sparse",
        "sparse column",
        "categorical",
        "binary column",
        "binary",
        "a class for each token",
    ],
)
def test_measure_with_labels_of_any_shape_equals_keras_accuracy(
    y, predicted, accuracy, chance
):
    probe = ProbeAccuracy(Echo(), np.array(predicted, "float32"), np.array(y))
    assert probe.chance is None
    assert probe.measure() == pytest.approx(accuracy)
    assert probe.chance == chance


def test_measure_uses_batches_of_one_size_and_one_trace():
    probe = ProbeAccuracy(Echo(), np.eye(3)[[0] * 65], np.zeros(65, int))
    assert probe.images == 64
    assert probe.measure() == 1
    assert probe._count_correct.experimental_get_tracing_count() == 1


def test_probe_with_two_arrays_of_labels_raises():
    with pytest.raises(ValueError, match="one array of labels.*2 arrays"):
        ProbeAccuracy(Echo(), np.ones((2, 3)), (np.ones(2), np.ones(2)))


def test_check_accuracy_metric_without_accuracy_names_the_argument():
    model = nets.functional()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["mae"])
    with pytest.raises(ValueError, match=r"metrics=\['accuracy'\]"):
        check_accuracy_metric(model)


@pytest.mark.parametrize(
    "options",
    [
        {"metrics": ["acc"]},
        {"metrics": [keras.metrics.SparseCategoricalAccuracy(name="x")]},
        {"weighted_metrics": ["accuracy"]},
    ],
    ids=["string", "object", "weighted"],
)
def test_check_accuracy_metric_with_any_accuracy_passes(options):
    model = nets.functional()
    model.compile("sgd", "sparse_categorical_crossentropy", **options)
    check_accuracy_metric(model)


def test_check_accuracy_metric_with_two_outputs_raises():
    inputs = keras.Input((6,))
    outputs = [keras.layers.Dense(3)(inputs) for _ in range(2)]
    model = keras.Model(inputs, outputs)
    model.compile("sgd", ["mse", "mse"], metrics=[["accuracy"], ["accuracy"]])
    with pytest.raises(ValueError, match="with 2 outputs: pass a number"):
        check_accuracy_metric(model)

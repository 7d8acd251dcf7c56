"""The accuracy on the probe images."""

import keras
import numpy as np
import pytest

from seal_tf.ascent_scale.probe_accuracy import (
    ProbeAccuracy,
    check_accuracy_metric,
    check_probe_data,
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


@pytest.mark.tensorflow
def test_measure_uses_batches_of_one_size_and_one_trace():
    y = np.arange(129) % 3
    probe = ProbeAccuracy(Echo(), np.eye(3)[y], y)
    assert probe.images == 129
    assert probe.measure() == 1
    assert probe._predict.experimental_get_tracing_count() == 1


def test_measure_leaves_the_states_of_stateful_layers():
    model = keras.Sequential(
        [
            keras.Input((3, 2), batch_size=64),
            keras.layers.LSTM(4, stateful=True),
            keras.layers.Dense(3),
        ]
    )
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 3, 2)).astype("float32")
    probe = ProbeAccuracy(model, x, np.arange(64) % 3)
    model(x)
    before = [v.numpy() for v in model.layers[0].states]
    probe.measure()
    after = [v.numpy() for v in model.layers[0].states]
    assert np.abs(before[0]).max() > 0
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


def test_measure_with_masks_equals_evaluate():
    rng = np.random.default_rng(0)
    x = rng.integers(1, 5, (32, 6))
    x[:, 3:] = 0
    y = np.where(x, x % 3, 0)
    inputs = keras.Input((6,), dtype="int32")
    h = keras.layers.Embedding(5, 8, mask_zero=True)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(3, "softmax")(h))
    model.compile(
        keras.optimizers.Adam(0.1),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x, y, epochs=8, verbose=0)
    probe = ProbeAccuracy(model, x, y)
    expected = model.evaluate(x, y, verbose=0, return_dict=True)["accuracy"]
    assert probe.measure() == pytest.approx(expected)
    # The most frequent class among tokens that are not masked.
    counts = np.bincount(y[x > 0])
    assert probe.chance == pytest.approx(counts.max() / counts.sum())


def test_measure_with_labels_of_one_class_names_probe_data():
    probe = ProbeAccuracy(Echo(), np.eye(3)[[0] * 20], np.zeros(20, int))
    with pytest.raises(ValueError, match="sorted by class.*`probe_data="):
        probe.measure()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("dataset", "pair .* of arrays. Received: probe_data of type str"),
        ((np.ones((20, 3)), [1, 2]), "arrays. Received: a value of type int"),
        ((np.ones((20, 3)), np.ones(19)), r"lengths \[20, 19\]"),
        ((np.ones((0, 3)), np.ones(0)), r"at least 16. .*lengths \[0, 0\]"),
        ((np.ones((6, 3)), np.ones(6)), r"at least 16. .*lengths \[6, 6\]"),
    ],
)
def test_check_probe_data_with_bad_data_raises(data, message):
    with pytest.raises(ValueError, match=message):
        check_probe_data(data)


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


def test_check_accuracy_metric_that_cannot_be_copied_raises():
    class MaskedAccuracy(keras.metrics.Mean):
        def __init__(self, mask, name="masked_accuracy"):
            super().__init__(name=name)

    model = nets.functional()
    model.compile("sgd", "mse", metrics=[MaskedAccuracy(0)])
    message = (
        "copy the metric 'masked_accuracy' of class MaskedAccuracy: define"
    )
    with pytest.raises(ValueError, match=message):
        check_accuracy_metric(model)

"""Kinds of outputs of models."""

import keras
import numpy as np
import pytest

from seal_tf.probes.outputs import describe_outputs, log, outputs_probabilities
from tests.probes.conftest import small_model

layers = keras.layers


def describe(model, **settings):
    shape = (8, *model.input_shape[1:])
    inputs = np.random.default_rng(0).normal(size=shape).astype("f4")
    return describe_outputs(model, inputs, **settings)


def vector_model(*heads):
    return keras.Sequential([keras.Input((4,)), layers.Dense(5), *heads])


def test_describe_outputs_of_feature_maps_has_no_kind():
    assert describe(small_model()).class_count == 3
    inputs = keras.Input((8, 8, 3))
    headless = keras.Model(inputs, layers.Conv2D(2, 3)(inputs))
    outputs = describe(headless)
    assert outputs.kind is None and outputs.class_count is None
    assert outputs.describe() == {}


def test_outputs_probabilities_distinguishes_softmax_from_logits():
    x = np.random.default_rng(0).normal(size=(4, 8, 8, 3)).astype("f4")
    model = small_model()
    logits = keras.Model(model.inputs[0], keras.ops.log(model.outputs[0]))
    assert outputs_probabilities(model, x)
    assert not outputs_probabilities(logits, x)


#: Functions that create the last layers of a model, kind and source.
HEADS = {
    "linear": (lambda: [layers.Dense(3)], "logits", "assumption"),
    "one linear": (lambda: [layers.Dense(1)], "values", "layers"),
    "tanh": (lambda: [layers.Dense(3, "tanh")], "values", "layers"),
    "sigmoid layer": (
        lambda: [layers.Dense(3), layers.Activation("sigmoid")],
        "sigmoid",
        "layers",
    ),
    "softmax layer": (
        lambda: [layers.Dense(3), layers.Softmax()],
        "softmax",
        "layers",
    ),
    "reshaped sigmoid": (
        lambda: [
            layers.Dense(6, "sigmoid"),
            layers.Reshape((3, 2)),
            layers.Flatten(),
        ],
        "sigmoid",
        "layers",
    ),
}


@pytest.mark.parametrize("case", HEADS)
def test_describe_outputs_reads_the_last_layers(case):
    create, kind, source = HEADS[case]
    outputs = describe(vector_model(*create()))
    assert (outputs.kind, outputs.source) == (kind, source)


def test_describe_outputs_reads_through_nested_and_half_precision_models():
    keras.config.set_dtype_policy("mixed_bfloat16")
    inner = vector_model(layers.Dense(3, "sigmoid"))
    model = keras.Sequential(
        [keras.Input((4,)), inner, layers.Activation("linear", dtype="float32")]
    )
    assert describe(model).kind == "sigmoid"


@pytest.mark.parametrize(
    ("loss", "kind"),
    [
        ("mse", "values"),
        (keras.losses.Huber(), "values"),
        (keras.losses.mean_absolute_error, "values"),
        (keras.losses.BinaryCrossentropy(from_logits=True), "sigmoid_logits"),
        ("binary_crossentropy", "sigmoid"),
        (keras.losses.CategoricalCrossentropy(from_logits=True), "logits"),
        (keras.losses.SparseCategoricalCrossentropy(True), "logits"),
    ],
)
def test_describe_outputs_reads_the_loss(loss, kind):
    model = vector_model(layers.Dense(3))
    assert describe(model, loss=loss).kind == kind
    serialized = keras.saving.serialize_keras_object(loss)
    assert describe(model, loss=serialized).kind == kind
    model.compile("sgd", loss)
    outputs = describe(model)
    assert (outputs.kind, outputs.source) == (kind, "loss")


def test_describe_outputs_with_class_names_assumes_nothing():
    outputs = describe(vector_model(layers.Dense(3)), has_classes=True)
    assert (outputs.kind, outputs.source) == ("logits", "classes")


def test_describe_outputs_of_several_uses_the_loss_of_each():
    inputs = keras.Input((4,))
    model = keras.Model(
        inputs,
        {"box": layers.Dense(4)(inputs), "labels": layers.Dense(3)(inputs)},
    )
    loss = {"box": "mse", "labels": keras.losses.BinaryCrossentropy(True)}
    outputs = describe(model, loss=loss)
    assert outputs.kind == "multiple" and outputs.class_count is None
    assert outputs.kinds == {"box": "values", "labels": "sigmoid_logits"}


def test_describe_outputs_of_equal_names_numbers_them():
    inputs = keras.Input((4,))
    shared = layers.Dense(3)
    model = keras.Model(inputs, [shared(inputs), shared(2 * inputs)])
    assert list(describe(model).shapes) == ["output_0", "output_1"]


def test_describe_outputs_with_impossible_kind_raises():
    model = vector_model(layers.Dense(3))
    with pytest.raises(ValueError, match="output_kind=multiple"):
        describe(model, kind="multiple")
    assert describe(model, kind="sigmoid_logits").source == "argument"


def test_log_of_zero_is_finite():
    assert np.isfinite(log(np.zeros(2, "f4"))).all()

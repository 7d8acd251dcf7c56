"""Exports of models."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf.probes import model_card
from seal_tf.probes.export import export_model


def test_export_model_writes_card_and_readme(exported):
    _, network = exported
    card = json.loads((network.path / "card.json").read_text())
    assert card["endpoints"] == ["features", "serve"]
    assert card["input"] == {"dtype": "uint8", "shape": [8, 8, 3]}
    assert (network.path / "README.md").read_text().startswith("---\n")


layers = keras.layers


def functional(head):
    """Return a model of 8x8 images that ends in `head`, a function."""
    inputs = keras.Input((8, 8, 3))
    h = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(inputs))
    return keras.Model(inputs, head(h))


def compiled(model, loss):
    model.compile("sgd", loss)
    return model


class Subclassed(keras.Model):
    """A model whose layers Keras cannot list in order."""

    def __init__(self):
        super().__init__()
        self.pool = layers.GlobalAveragePooling2D()
        self.dense = layers.Dense(3)

    def call(self, images):
        return keras.activations.sigmoid(self.dense(self.pool(images)))


def subclassed():
    model = Subclassed()
    model(np.zeros((1, 8, 8, 3), "f4"))
    return model


BINARY = keras.losses.BinaryCrossentropy(from_logits=True)
#: Kind and name of what `model.predict` returns, and a function of it.
KINDS = {
    "softmax": (
        lambda: functional(layers.Dense(3, "softmax")),
        ("softmax", "probabilities"),
    ),
    "logits": (lambda: functional(layers.Dense(3)), ("logits", "logits")),
    "three sigmoids": (
        lambda: functional(layers.Dense(3, "sigmoid")),
        ("sigmoid", "probabilities"),
    ),
    "one sigmoid": (
        lambda: functional(layers.Dense(1, "sigmoid")),
        ("sigmoid", "probabilities"),
    ),
    "sigmoid of a subclassed model": (
        subclassed,
        ("sigmoid", "probabilities"),
    ),
    "logits of independent classes": (
        lambda: compiled(functional(layers.Dense(3)), BINARY),
        ("sigmoid_logits", "logits"),
    ),
    "regression": (
        lambda: functional(layers.Dense(1)),
        ("values", "outputs"),
    ),
    "regression of several values": (
        lambda: compiled(functional(layers.Dense(3)), "mse"),
        ("values", "outputs"),
    ),
    "features": (lambda: functional(lambda h: h), ("values", "outputs")),
}


@pytest.mark.parametrize("case", KINDS)
def test_export_model_serves_what_predict_returns(case, tmp_path):
    build, (kind, name) = KINDS[case]
    model = build()
    images = np.random.default_rng(1).integers(0, 256, (4, 8, 8, 3), "u1")
    folder = export_model(
        model,
        tmp_path / "export",
        image_shape=(8, 8, 3),
        normalize=lambda x: tf.cast(x, tf.float32) / 255,
    )
    loaded = tf.saved_model.load(str(folder))
    served = loaded.serve(images)
    expected = model.predict(images.astype("f4") / 255, verbose=0)
    np.testing.assert_allclose(served[name], expected, rtol=1e-5, atol=1e-6)
    card = json.loads((folder / "card.json").read_text())
    assert card["output_kind"] == kind
    assert f"Its output kind is {kind}: " in (folder / "README.md").read_text()
    names = {
        "softmax": {"logits", "probabilities"},
        "logits": {"logits", "probabilities"},
        "sigmoid_logits": {"logits", "probabilities"},
        "sigmoid": {"probabilities"},
        "values": {"outputs"},
    }
    assert set(served) == names[kind]
    if kind == "sigmoid_logits":
        np.testing.assert_allclose(
            served["probabilities"], 1 / (1 + np.exp(-expected)), rtol=1e-5
        )


@pytest.mark.parametrize("structure", ["dict", "list"])
def test_export_model_serves_several_outputs_by_name(structure, tmp_path):
    def heads(h):
        classes = layers.Dense(3, "softmax", name="classes")(h)
        age = layers.Dense(1, name="age")(h)
        if structure == "dict":
            return {"age": age, "classes": classes}
        return [classes, age]

    model = functional(heads)
    images = np.random.default_rng(1).integers(0, 256, (4, 8, 8, 3), "u1")
    folder = export_model(
        model, tmp_path / "export", normalize=lambda x: tf.cast(x, tf.float32)
    )
    loaded = tf.saved_model.load(str(folder))
    served = loaded.serve(images)
    expected = model.predict(images.astype("f4"), verbose=0)
    if structure == "list":
        expected = dict(zip(("classes", "age"), expected, strict=True))
    assert set(served) == {"age", "classes"}
    for name, values in expected.items():
        np.testing.assert_allclose(served[name], values, rtol=1e-4)
    card = json.loads((folder / "card.json").read_text())
    assert card["output_kind"] == "multiple"
    assert card["outputs"] == {
        "age": {"shape": [1], "kind": "values"},
        "classes": {"shape": [3], "kind": "softmax"},
    }
    text = model_card.format_card("x", card)
    assert "pipeline_tag: other" in text
    assert "# a dict of " in text
    # The features are those before the heads.
    assert loaded.features(images)["penultimate"].shape == (4, 4)


def test_export_model_obeys_the_output_kind_of_the_card(tmp_path):
    model = functional(layers.Dense(3))
    folder = export_model(
        model,
        tmp_path / "export",
        normalize=lambda x: tf.cast(x, tf.float32),
        card={"output_kind": "values"},
    )
    images = np.zeros((1, 8, 8, 3), "u1")
    loaded = tf.saved_model.load(str(folder))
    assert set(loaded.serve(images)) == {"outputs"}
    with pytest.raises(ValueError, match="output_kind=multiple"):
        export_model(
            model,
            tmp_path / "other",
            normalize=lambda x: tf.cast(x, tf.float32),
            card={"output_kind": "multiple"},
        )
    assert not (tmp_path / "other").exists()


def test_export_model_of_any_size_needs_image_shape(tmp_path):
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(2, 3)(inputs))
    with pytest.raises(ValueError, match="`image_shape` must be given"):
        export_model(model, tmp_path / "export", normalize=lambda x: x)
    assert not (tmp_path / "export").exists()

"""Exports of models."""

import json

import keras
import numpy as np
import pytest

from seal_tf.probes.export import (
    class_count,
    export_model,
    outputs_probabilities,
)
from tests.probes.conftest import small_model


def test_class_count_of_headless_model_is_none():
    assert class_count(small_model()) == 3
    inputs = keras.Input((8, 8, 3))
    headless = keras.Model(inputs, keras.layers.Conv2D(2, 3)(inputs))
    assert class_count(headless) is None


def test_outputs_probabilities_distinguishes_softmax_from_logits():
    x = np.random.default_rng(0).normal(size=(4, 8, 8, 3)).astype("f4")
    model = small_model()
    logits = keras.Model(model.inputs[0], keras.ops.log(model.outputs[0]))
    assert outputs_probabilities(model, x)
    assert not outputs_probabilities(logits, x)


def test_export_model_writes_card_and_readme(exported):
    _, network = exported
    card = json.loads((network.path / "card.json").read_text())
    assert card["endpoints"] == ["features", "serve"]
    assert card["input"] == {"dtype": "uint8", "shape": [8, 8, 3]}
    assert (network.path / "README.md").read_text().startswith("---\n")


def test_export_model_of_any_size_needs_image_shape(tmp_path):
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(2, 3)(inputs))
    with pytest.raises(ValueError, match="`image_shape` must be given"):
        export_model(model, tmp_path / "export", normalize=lambda x: x)
    assert not (tmp_path / "export").exists()

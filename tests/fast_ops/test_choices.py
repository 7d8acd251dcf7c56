"""The algorithm of each convolution of a model."""

import dataclasses
import json

import pytest

from seal_tf.fast_ops.choices import (
    Choices,
    TensorFlowChoices,
    keras_choices,
)
from seal_tf.fast_ops.convolution.geometry import Geometry
from seal_tf.fast_ops.convolution.operation import default_choice
from seal_tf.fast_ops.convolution.table import table_choice

GEOMETRY = Geometry(32, 4, 4, 8, 8, 3, 1, "SAME", "float32")
CHOICE = {
    "forward": "im2col",
    "input_gradient": "flipped",
    "kernel_gradient": "products",
}


def test_of_another_batch_size_is_the_choice_of_the_same_sizes():
    choices = Choices({GEOMETRY.key: CHOICE})
    assert choices.of(GEOMETRY) == CHOICE
    assert choices.of(GEOMETRY.with_images(7)) == CHOICE
    assert choices.of(GEOMETRY.with_images(None)) == CHOICE
    other = dataclasses.replace(GEOMETRY, height=5)
    assert choices.of(other) == table_choice(other)


def test_json_restores_the_choices():
    choices = Choices({GEOMETRY.key: CHOICE}, fused_batch_norm=False)
    text = json.dumps(choices.to_json())
    assert Choices.from_json(json.loads(text)) == choices


def test_from_json_with_unknown_algorithm_raises():
    fields = {"convolutions": {GEOMETRY.key: CHOICE | {"forward": "magic"}}}
    with pytest.raises(ValueError, match="forward must be one of .*'magic'"):
        Choices.from_json(fields)


def test_keras_choices_replace_nothing():
    choices = Choices({GEOMETRY.key: CHOICE})
    assert choices.replaced == 1
    assert keras_choices(choices).replaced == 0
    assert keras_choices(choices).of(GEOMETRY) == default_choice()
    assert TensorFlowChoices().of(GEOMETRY) == default_choice()

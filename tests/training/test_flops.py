"""Multiply-adds, counted by hand."""

import keras
import pytest
from keras import layers

from seal_tf.training.flops import group_multiply_adds, layer_multiply_adds
from seal_tf.training.layer_groups import partition


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.Conv2D(8, 3, 2, padding="same"), 4 * 4 * 3 * 3 * 6 * 8),
        (layers.Conv2D(8, 1, use_bias=False), 8 * 8 * 6 * 8),
        (layers.DepthwiseConv2D(3, padding="same"), 8 * 8 * 3 * 3 * 6),
        (
            layers.SeparableConv2D(8, 3, padding="same"),
            8 * 8 * (3 * 3 * 6 + 6 * 8),
        ),
        # The kernel applies at each position of the input.
        (layers.Conv2DTranspose(8, 2, 2), 8 * 8 * 2 * 2 * 6 * 8),
        (layers.Dense(5), 8 * 8 * 6 * 5),
        (layers.BatchNormalization(), 0),
        (layers.ReLU(), 0),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_layer_multiply_adds_equals_the_count_by_hand(layer, expected):
    inputs = keras.Input((8, 8, 6))
    keras.Model(inputs, layer(inputs))
    assert layer_multiply_adds(layer) == expected


def test_group_multiply_adds_sums_over_each_group():
    inputs = keras.Input((4, 4, 2))
    x = layers.Conv2D(3, 3, padding="same", name="a")(inputs)
    x = layers.Flatten()(layers.BatchNormalization()(x))
    model = keras.Model(inputs, layers.Dense(5, name="b")(x))
    counts = group_multiply_adds(partition(model, "b"))
    assert counts == [16 * 9 * 2 * 3, 48 * 5]

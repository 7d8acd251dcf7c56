"""Layers that keep a state from batch to batch."""

import keras
import numpy as np

from seal_tf.training.stateful_layers import layer_states, stateful_layers


def test_states_are_those_of_stateful_layers():
    inputs = keras.Input((3, 2), batch_size=4)
    x = keras.layers.LSTM(5, stateful=True, return_sequences=True)(inputs)
    x = keras.layers.BatchNormalization()(x)
    inner = keras.Sequential([keras.layers.GRU(6, stateful=True)])
    model = keras.Model(inputs, keras.layers.Dropout(0.5)(inner(x)))
    assert [layer.units for layer in stateful_layers(model)] == [5, 6]
    assert [tuple(v.shape) for v in layer_states(model)] == [
        (4, 5),
        (4, 5),
        (4, 6),
    ]
    model(np.ones((4, 3, 2), "float32"))
    assert all(np.any(v.numpy() != 0) for v in layer_states(model))


def test_other_models_have_none():
    model = keras.Sequential([keras.Input((3, 2)), keras.layers.LSTM(5)])
    assert stateful_layers(model) == layer_states(model) == []

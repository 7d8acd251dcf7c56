"""Layers that keep a state from batch to batch."""

from __future__ import annotations

from typing import Any

import keras


def stateful_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers with `stateful=True`, such as `LSTM(stateful=True)`.

    Args:
        model: The model.
    """
    return [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.RNN) and layer.stateful
    ]


def layer_states(model: keras.Model) -> list[Any]:
    """Return the variables that these layers assign in every call.

    Args:
        model: The model. A layer that is not built has none yet.
    """
    return [
        state
        for layer in stateful_layers(model)
        for state in keras.tree.flatten(layer.states or [])
    ]

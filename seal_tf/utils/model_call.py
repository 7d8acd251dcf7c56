"""Call a model in training or inference mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def call_model(model: keras.Model, x: Any, training: bool) -> Any:
    """Return the outputs of a model, as Keras' steps compute them.

    Args:
        model: The model. Its `call` may have no argument `training`.
        x: Inputs.
        training: Whether layers run in training mode.
    """
    if model._call_has_training_arg:
        return model(x, training=training)
    return model(x)

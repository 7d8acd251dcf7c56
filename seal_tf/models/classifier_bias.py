"""The initial bias of the classifier."""

from __future__ import annotations

import keras
import numpy as np


def draw_classifier_bias(model: keras.Model) -> None:
    """Draw the bias of the last Dense layer uniformly in ±1/sqrt(fan_in).

    This is the initial bias of PyTorch's linear layers, and of the published
    runs of SEAL and LLF. Keras' is zero. The global Keras seed determines the
    values.

    Args:
        model: A built network.

    Raises:
        ValueError: If no Dense layer of the model has a bias.

    Example:
        >>> import seal_tf
        >>> from seal_tf.models.classifier_bias import draw_classifier_bias
        >>> model = seal_tf.models.build("small", (32, 32, 3), 10)
        >>> draw_classifier_bias(model)
        >>> bias = model.get_layer("predictions").bias
        >>> 0 < float(abs(bias.numpy()).max()) <= 128 ** -0.5
        True
    """
    layers = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.Dense) and layer.bias is not None
    ]
    if not layers:
        raise ValueError(
            f"The network {model.name!r} has no Dense layer with a bias."
        )
    last = layers[-1]
    limit = 1 / np.sqrt(last.kernel.shape[0])
    initializer = keras.initializers.RandomUniform(-limit, limit)
    last.bias.assign(initializer(last.bias.shape, last.bias.dtype))

"""New statistics of BatchNormalization."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np

from seal_tf.backends import get_backend


def update_batch_norm_statistics(
    model: keras.Model, batches: Iterable[Any]
) -> None:
    """Set the statistics of batch normalization to the mean over batches.

    The statistics of frozen layers stay.

    Args:
        model: The model, which the function changes.
        batches: Batches of (images, …).

    Raises:
        ValueError: If the model has batch normalization, and there is no
            batch.
    """
    layers = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    if not layers:
        return
    statistics = [v for layer in layers for v in _statistics(layer)]
    momenta = [layer.momentum for layer in layers]
    means = [np.zeros(v.shape) for v in statistics]
    forward = get_backend().compiled(
        model, lambda inputs: model(inputs, training=True), training=True
    )
    count = 0
    try:
        for layer in layers:
            # The statistics are then those of the latest batch.
            layer.momentum = 0.0
        for count, batch in enumerate(batches, 1):
            forward(
                keras.tree.map_structure(keras.ops.convert_to_tensor, batch[0])
            )
            for mean, variable in zip(means, statistics, strict=True):
                value = keras.ops.convert_to_numpy(variable)
                mean += (value.astype("float64") - mean) / count
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
    if not count:
        raise ValueError(
            "Argument `batches` must have at least one batch, for the "
            "statistics of BatchNormalization. Received: no batch"
        )
    for variable, mean in zip(statistics, means, strict=True):
        variable.assign(mean)


def _statistics(layer: keras.layers.BatchNormalization) -> list[keras.Variable]:
    """Return the statistics that inference uses, if training updates them."""
    if not layer.trainable:
        return []
    names = ("moving_mean", "moving_variance", "moving_stddev")
    variables = (getattr(layer, name, None) for name in names)
    return [v for v in variables if v is not None]

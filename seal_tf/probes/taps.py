"""Where a network is tapped, and how what is found there is pooled."""

from __future__ import annotations

import keras
import tensorflow as tf

LEAST = 4


def default_taps(model) -> dict[str, keras.KerasTensor]:
    """Outputs of residual blocks, and what the last layer is given.

    Blocks are found by their name (`…_out`) or as `Add` layers; a network
    without either is tapped at up to eight of its feature maps, evenly.

    Args:
        model: A Functional model.

    Returns:
        Symbolic outputs by name of the layer, in forward order, and
        "penultimate".
    """
    maps = [
        layer
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
        and isinstance(layer.output, keras.KerasTensor)
        and len(layer.output.shape) == 4
    ]
    for chosen in (
        [layer for layer in maps if layer.name.endswith("_out")],
        [layer for layer in maps if isinstance(layer, keras.layers.Add)],
        _evenly([layer for layer in maps if layer.weights], 8),
    ):
        if len(chosen) >= LEAST:
            break
    taps = {layer.name: layer.output for layer in chosen}
    last = next(
        layer for layer in reversed(model.layers) if layer.trainable_weights
    )
    taps["penultimate"] = last.input
    return taps


def _evenly(layers, count):
    if len(layers) <= count:
        return layers
    return [layers[(i + 1) * len(layers) // count - 1] for i in range(count)]


def pooled(activation, size: int = 2):
    """Adaptive average pooling to size x size, flattened, float32.

    As PyTorch's: bin i of n spans floor(i * n / size) to
    ceil((i + 1) * n / size).

    Args:
        activation: [batch, height, width, channels]; anything of fewer axes
            is only flattened.
        size: Bins a side.

    Returns:
        float32 [batch, size * size * channels], rows first.
    """
    activation = tf.cast(activation, tf.float32)
    if activation.shape.rank != 4:
        return tf.reshape(activation, [tf.shape(activation)[0], -1])
    cells = [
        tf.reduce_mean(activation[:, top:bottom, left:right], axis=[1, 2])
        for top, bottom in _bins(activation.shape[1], size)
        for left, right in _bins(activation.shape[2], size)
    ]
    return tf.concat(cells, axis=-1)


def _bins(length, count):
    return [
        (i * length // count, -(-(i + 1) * length // count))
        for i in range(count)
    ]

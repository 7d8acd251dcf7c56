"""Time the fused batch normalization against Keras' own."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seal_tf.fast_ops.batch_normalization import normalize

#: A larger input is timed on fewer images.
MAX_ELEMENTS = 2 * 10**6
#: Timed calls of each side.
ROUNDS = 3


def is_fused_faster(
    layer: keras.layers.BatchNormalization, shape: tuple[int, ...]
) -> bool:
    """Return whether the fused operation is faster for a layer.

    Args:
        layer: The layer; a copy of it is timed.
        shape: Shape of its input, [images, height, width, channels].
    """
    images, *rest = shape
    images = max(1, min(images, MAX_ELEMENTS // math.prod(rest)))
    values = np.random.default_rng(0).standard_normal((images, *rest), "f4")
    x = tf.cast(values, layer.compute_dtype)
    copy = type(layer).from_config(layer.get_config())
    copy.build(x.shape)
    sides = {
        "keras": _gradient(lambda x: copy(x, training=True)),
        "fused": _gradient(lambda x: normalize(copy, x, True)),
    }
    seconds = dict.fromkeys(sides, math.inf)
    for side in sides.values():
        side(x)
    for _ in range(ROUNDS):
        for name, side in sides.items():
            start = time.perf_counter()
            side(x)
            elapsed = time.perf_counter() - start
            seconds[name] = min(seconds[name], elapsed)
    return seconds["fused"] < seconds["keras"]


def _gradient(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The gradient of the input, as a graph."""

    def gradient(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
            loss = tf.reduce_sum(tf.square(tf.cast(y, "float32")))
        return tape.gradient(loss, x)

    return tf.function(gradient, autograph=False)

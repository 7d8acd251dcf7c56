"""The time that the arithmetic and the memory of a step need at least."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import keras
import tensorflow as tf

from seal_tf.training.flops import layer_multiply_adds

#: Rows, columns and inner size of the matrix product that is timed.
PRODUCT_SIZE = 1536
#: Floats of the array that is copied: more than the caches hold.
COPY_SIZE = 2**25
ROUNDS = 5
#: Times that a step reads or writes the output of a layer: forward once
#: each, backward the output, and its gradient once each.
PASSES_OVER_OUTPUTS = 5
#: Times that a step reads or writes a weight: twice in the passes, its
#: gradient twice, and the weight and its velocity twice each in the update.
PASSES_OVER_WEIGHTS = 8


def product_rate() -> float:
    """Return float32 multiply-adds per second of a large matrix product."""
    a = tf.random.normal((PRODUCT_SIZE, PRODUCT_SIZE))
    return PRODUCT_SIZE**3 / _fastest(tf.function(lambda: tf.matmul(a, a)))


def copy_rate() -> float:
    """Return bytes per second that a copy reads and writes."""
    a = tf.zeros((COPY_SIZE,))
    return 2 * 4 * COPY_SIZE / _fastest(tf.function(lambda: a + 1.0))


def step_floor(
    model: keras.Model, batch: int, products: float, copies: float
) -> dict[str, float]:
    """Return the least seconds of a training step.

    The backward pass has twice the multiply-adds of the forward pass. The
    bytes are those of the outputs of all layers, and of the weights, times
    the passes over them. A library that fuses operations makes fewer passes.

    Args:
        model: The model, Functional.
        batch: Images of a batch.
        products: Multiply-adds per second.
        copies: Bytes per second.

    Returns:
        "products" and "copies", in seconds.
    """
    macs = sum(layer_multiply_adds(layer) for layer in model.layers)
    outputs = sum(
        math.prod(layer.output.shape[1:])
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    )
    floats = PASSES_OVER_OUTPUTS * batch * outputs
    floats += PASSES_OVER_WEIGHTS * model.count_params()
    return {
        "products": 3 * batch * macs / products,
        "copies": 4 * floats / copies,
    }


def _fastest(function: Callable[[], tf.Tensor]) -> float:
    function()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)

"""Measure whether bfloat16 is faster than float32 on this machine."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from seal_tf.fast_ops import cache
from seal_tf.fast_ops.convolution.geometry import Geometry
from seal_tf.fast_ops.convolution.operation import choose, convolve
from seal_tf.fast_ops.convolution.table import table_choice

#: (channels, filters, kernel size) of the convolutions that are timed.
LAYERS = ((64, 64, 3), (64, 128, 1))
#: Images, height and width of their input.
BATCH = (16, 16, 16)
#: Timed calls of each type.
ROUNDS = 3
#: Name of the cached result.
KEY = "bfloat16"


def bfloat16_ratio() -> float:
    """Return the time of bfloat16 convolutions relative to float32.

    The forward and backward pass of two convolutions is timed, with the
    algorithms that `FastOps` uses without a measurement. The user's cache
    folder keeps the result.

    Returns:
        Seconds in bfloat16 by seconds in float32; below 1 if bfloat16 is
        faster, infinity if it is not available.
    """
    cached = cache.load_value(KEY)
    if isinstance(cached, float):
        return cached
    steps = {dtype: _step(dtype) for dtype in ("float32", "bfloat16")}
    seconds = dict.fromkeys(steps, math.inf)
    try:
        for step in steps.values():
            step()
    except tf.errors.OpError:
        # oneDNN that is held to older instructions refuses bfloat16.
        return math.inf
    for _ in range(ROUNDS):
        for dtype, step in steps.items():
            start = time.perf_counter()
            step()
            elapsed = time.perf_counter() - start
            seconds[dtype] = min(seconds[dtype], elapsed)
    ratio = seconds["bfloat16"] / seconds["float32"]
    cache.save_value(KEY, ratio)
    return ratio


def _step(dtype: str) -> Callable[[], object]:
    """The gradients of convolutions of one type, as a graph."""
    rng = np.random.default_rng(0)
    x, *kernels = (
        tf.cast(rng.standard_normal(shape, np.float32), dtype)
        for shape in (
            (*BATCH, LAYERS[0][0]),
            *((size, size, c, f) for c, f, size in LAYERS),
        )
    )

    @tf.function(autograph=False, jit_compile=False)
    def gradients(x: tf.Tensor, *kernels: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch([x, *kernels])
            y = x
            for kernel in kernels:
                geometry = Geometry.of(y, kernel, 1, "SAME")
                functions = choose(geometry, table_choice(geometry))
                y = convolve(y, kernel, functions)
            loss = tf.reduce_sum(tf.cast(y, "float32"))
        return tape.gradient(loss, [x, *kernels])

    # A scalar that depends on all gradients, so that a GPU finishes them.
    return lambda: [float(tf.reduce_sum(g)) for g in gradients(x, *kernels)]

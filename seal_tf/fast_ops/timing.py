"""Time the algorithms of an operation on this machine."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from seal_tf.fast_ops.convolution.geometry import Geometry
from seal_tf.fast_ops.convolution.operation import (
    PARTS,
    Choice,
    algorithm,
    compile_algorithm,
)
from seal_tf.fast_ops.convolution.table import IMAGES, table_choice
from seal_tf.utils.processor import usable_cores

#: A geometry with more multiply-adds for each core is timed on fewer images.
MAX_MACS = 5 * 10**7
#: Another algorithm must take less than this fraction of the default's time.
MAX_RATIO = 0.95
#: An algorithm whose first call takes this many times the best one's time is
#: dropped.
DROP_RATIO = 2.0
#: Seconds that one call outside a graph may cost in addition.
CALL_OVERHEAD = 1e-3
#: Timed calls of each algorithm.
ROUNDS = 5
#: Largest difference from float32, relative to the largest value.
TOLERANCE = {"float32": 1e-4, "bfloat16": 3e-2}


def time_algorithms(
    geometry: Geometry, deadline: float
) -> dict[str, dict[str, float]]:
    """Time the algorithms of each part of a convolution.

    The algorithms get random input. An algorithm whose result is wrong, or
    whose first call is slow, is not timed again.

    Args:
        geometry: Sizes of the convolution.
        deadline: Value of `time.monotonic()` after which no more algorithms
            are tried, and no part of another geometry.

    Returns:
        Seconds a call of each algorithm that was tried, by part and name,
        infinity for a wrong result. The default comes first in each part.
    """
    if time.monotonic() > deadline:
        return {}
    geometry = _sample(geometry)
    rng = np.random.default_rng(0)
    times = {}
    for part, module in PARTS.items():
        inputs = [
            tf.cast(rng.standard_normal(shape, np.float32), geometry.dtype)
            for shape in module.input_shapes(geometry)
        ]
        times[part] = _time_part(part, geometry, inputs, deadline)
    return times


def select(
    geometry: Geometry, times: Mapping[str, Mapping[str, float]]
) -> Choice:
    """Return the fastest algorithms.

    A part whose algorithms were not all tried gets the algorithm of
    `table_choice`.

    Args:
        geometry: Sizes of the convolution.
        times: Seconds a call, by part and name, the default first.
    """
    choice = table_choice(geometry)
    for part, seconds in times.items():
        if set(seconds) == set(PARTS[part].candidates(geometry)):
            default = next(iter(seconds))
            best = min(seconds, key=lambda name: seconds[name])
            faster = seconds[best] < MAX_RATIO * seconds[default]
            choice[part] = best if faster else default
    return choice


def _sample(geometry: Geometry) -> Geometry:
    """The geometry with as many images as are timed."""
    images = geometry.images or IMAGES
    each = geometry.with_images(1).macs
    cores = usable_cores()
    count = max(cores, MAX_MACS * cores // each)
    return geometry.with_images(min(images, count))


def _time_part(
    part: str,
    geometry: Geometry,
    inputs: Sequence[tf.Tensor],
    deadline: float,
) -> dict[str, float]:
    default, *others = PARTS[part].candidates(geometry)
    graphs = {default: compile_algorithm(geometry, part, default)}
    graphs[default](*inputs)
    times = {default: _seconds(graphs[default], inputs)}
    reference: tf.Tensor | None = None
    for name in others:
        if time.monotonic() > deadline:
            break
        if reference is None:
            a, b = (tf.cast(tensor, "float32") for tensor in inputs)
            reference = algorithm(geometry, part, default)(a, b)
        # Outside a graph: tracing would cost more than most algorithms.
        function = algorithm(geometry, part, name)
        if not _is_close(function(*inputs), reference, geometry.dtype):
            times[name] = math.inf
            continue
        times[name] = _seconds(function, inputs)
        limit = DROP_RATIO * min(times.values()) + CALL_OVERHEAD
        if times[name] < limit:
            graphs[name] = compile_algorithm(geometry, part, name)
            graphs[name](*inputs)
            times[name] = _seconds(graphs[name], inputs)
    if len(graphs) > 1:
        # By turns, so that other work on the machine slows all of them.
        for _ in range(ROUNDS - 1):
            for name, graph in graphs.items():
                times[name] = min(times[name], _seconds(graph, inputs))
    return times


def _is_close(result: tf.Tensor, reference: tf.Tensor, dtype: str) -> bool:
    if result.shape != reference.shape:
        return False
    difference = tf.abs(tf.cast(result, "float32") - reference)
    largest = tf.reduce_max(tf.abs(reference))
    # A NaN is not close: every comparison with it is false.
    return bool(tf.reduce_max(difference) <= TOLERANCE[dtype] * largest)


def _seconds(function: Callable[..., Any], inputs: Sequence[Any]) -> float:
    start = time.perf_counter()
    function(*inputs)
    return time.perf_counter() - start

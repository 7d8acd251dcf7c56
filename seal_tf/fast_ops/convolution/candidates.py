"""Which algorithms apply to a convolution; what the parts have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

from seal_tf.fast_ops.convolution.geometry import Geometry

#: An algorithm of (geometry, the two tensors of its part).
Algorithm = Callable[[Geometry, tf.Tensor, tf.Tensor], tf.Tensor]

#: Requirements of algorithms, by name; others apply to every geometry.
_REQUIREMENTS: dict[str, Callable[[Geometry], bool]] = {
    "products": lambda geometry: geometry.size > 1,
    "flipped": lambda geometry: geometry.size > 1 and geometry.stride == 1,
    "float32": lambda geometry: geometry.dtype == "bfloat16",
}


def applicable(
    geometry: Geometry, algorithms: Mapping[str, Algorithm]
) -> dict[str, Algorithm]:
    """Return the algorithms that apply to a geometry, in their order.

    Args:
        geometry: Sizes of the convolution.
        algorithms: The algorithms of a part, by name.
    """
    return {
        name: algorithm
        for name, algorithm in algorithms.items()
        if name not in _REQUIREMENTS or _REQUIREMENTS[name](geometry)
    }


def in_float32(algorithm: Algorithm) -> Algorithm:
    """Compute an algorithm in float32: bfloat16 is slow on some CPUs.

    Args:
        algorithm: The algorithm.

    Returns:
        The algorithm, with tensors and result of the original type.
    """

    def compute(geometry: Geometry, a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
        result = algorithm(
            geometry, tf.cast(a, "float32"), tf.cast(b, "float32")
        )
        return tf.cast(result, a.dtype)

    return compute

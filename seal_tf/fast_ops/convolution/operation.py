"""A convolution whose three parts are computed by chosen algorithms."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from seal_tf.fast_ops.convolution import (
    forward,
    input_gradient,
    kernel_gradient,
)
from seal_tf.fast_ops.convolution.geometry import Geometry

#: The module of each part. Its `candidates` maps names to algorithms.
PARTS: dict[str, Any] = {
    "forward": forward,
    "input_gradient": input_gradient,
    "kernel_gradient": kernel_gradient,
}
#: An algorithm of a part, applied to its two tensors.
Function = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
#: Name of the algorithm of each part.
Choice = dict[str, str]


def convolve(
    x: tf.Tensor, kernel: tf.Tensor, functions: Mapping[str, Function]
) -> tf.Tensor:
    """Compute a convolution, and its gradients in the backward pass.

    Args:
        x: [images, height, width, channels]; all sizes but the first are
            static.
        kernel: [size, size, channels, filters].
        functions: The algorithm of each part, from `choose`.

    Returns:
        The convolution, as `tf.nn.conv2d` computes it.
    """

    @tf.custom_gradient
    def apply(
        x: tf.Tensor, kernel: tf.Tensor
    ) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]]:
        def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return (
                functions["input_gradient"](kernel, dy),
                functions["kernel_gradient"](x, dy),
            )

        return functions["forward"](x, kernel), gradient

    return apply(x, kernel)


def choose(
    geometry: Geometry, choice: Mapping[str, str]
) -> dict[str, Function]:
    """Return the functions of a choice.

    Args:
        geometry: Sizes of the convolution.
        choice: Name of the algorithm of each part.
    """
    return {part: algorithm(geometry, part, choice[part]) for part in PARTS}


def algorithm(geometry: Geometry, part: str, name: str) -> Function:
    """Return one algorithm of a convolution.

    Args:
        geometry: Sizes of the convolution.
        part: One of `PARTS`.
        name: Name of the algorithm.
    """
    return functools.partial(PARTS[part].candidates(geometry)[name], geometry)


@functools.cache
def compile_algorithm(geometry: Geometry, part: str, name: str) -> Function:
    """Return one algorithm of a convolution as a graph.

    Args:
        geometry: Sizes of the convolution. The graph accepts any number of
            images.
        part: One of `PARTS`.
        name: Name of the algorithm.
    """
    if geometry.images is not None:
        return compile_algorithm(geometry.with_images(None), part, name)
    shapes = PARTS[part].input_shapes(geometry)
    function: Function = tf.function(
        algorithm(geometry, part, name),
        input_signature=[tf.TensorSpec(s, geometry.dtype) for s in shapes],
        autograph=False,
        jit_compile=False,
    )
    return function


def default_choice() -> Choice:
    """Return the choice of TensorFlow's own operations."""
    return dict.fromkeys(PARTS, "direct")

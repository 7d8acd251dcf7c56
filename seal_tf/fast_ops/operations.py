"""The operations that patched layers compute."""

from __future__ import annotations

import math
from collections.abc import Mapping

import keras
import tensorflow as tf

from seal_tf.fast_ops import batch_normalization
from seal_tf.fast_ops.choices import Choices
from seal_tf.fast_ops.convolution.geometry import Geometry
from seal_tf.fast_ops.convolution.operation import (
    Function,
    algorithm,
    choose,
    compile_algorithm,
    convolve,
)


class Operations:
    """Compute convolutions by the chosen algorithms.

    Args:
        choices: The algorithms. Assign `choices` to change them; a function
            that is traced already keeps the old ones.
    """

    def __init__(self, choices: Choices) -> None:
        self.choices = choices

    def convolve(
        self, x: tf.Tensor, kernel: tf.Tensor, stride: int, padding: str
    ) -> tf.Tensor:
        """Compute a convolution.

        Args:
            x: [images, height, width, channels].
            kernel: [size, size, channels, filters].
            stride: Stride in both directions.
            padding: "SAME" or "VALID".
        """
        geometry = Geometry.of(x, kernel, stride, padding)
        return convolve(x, kernel, self._functions(geometry))

    def normalize(
        self,
        layer: keras.layers.BatchNormalization,
        x: tf.Tensor,
        training: bool,
    ) -> tf.Tensor:
        """Compute a batch normalization in one fused operation.

        Args:
            layer: The layer, built; channels last.
            x: [images, height, width, channels].
            training: Whether to use and record the batch's statistics.
        """
        return batch_normalization.normalize(layer, x, training)

    def _functions(self, geometry: Geometry) -> Mapping[str, Function]:
        return choose(geometry, self.choices.of(geometry))


class MeasuredOperations(Operations):
    """Operations outside a graph, for a measurement.

    An algorithm of many operations is one graph, so that it costs no more
    Python than a single operation.

    Args:
        choices: The algorithms.

    Attributes:
        geometries: Number of calls of each convolution.
        largest: The batch normalization with the largest input, and the
            shape of that input; None without any.
    """

    def __init__(self, choices: Choices) -> None:
        super().__init__(choices)
        self.geometries: dict[Geometry, int] = {}
        self.largest: (
            tuple[keras.layers.BatchNormalization, tuple[int, ...]] | None
        ) = None

    def by_cost(self) -> list[Geometry]:
        """Return the convolutions, the most expensive ones first."""
        return sorted(
            self.geometries,
            key=lambda g: g.macs * self.geometries[g],
            reverse=True,
        )

    def _functions(self, geometry: Geometry) -> Mapping[str, Function]:
        self.geometries[geometry] = self.geometries.get(geometry, 0) + 1
        functions = {}
        for part, name in self.choices.of(geometry).items():
            # A single operation needs no graph.
            create = algorithm if name == "direct" else compile_algorithm
            functions[part] = create(geometry, part, name)
        return functions

    def normalize(
        self,
        layer: keras.layers.BatchNormalization,
        x: tf.Tensor,
        training: bool,
    ) -> tf.Tensor:
        """Compute a batch normalization, and record it."""
        shape = tuple(x.shape)
        if self.largest is None or math.prod(shape) > math.prod(
            self.largest[1]
        ):
            self.largest = (layer, shape)
        return super().normalize(layer, x, training)

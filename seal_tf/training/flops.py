"""Count the multiply-adds of a forward pass, layer by layer."""

from __future__ import annotations

import math

import keras

from seal_tf.training.layer_groups import Partition


def layer_multiply_adds(layer: keras.layers.Layer) -> int:
    """Return the multiply-adds of one image through a Conv or Dense layer.

    For each kernel of the layer: the multiply-adds at one output position
    times the number of positions. As in the papers, BatchNormalization,
    pooling and activations do not count.

    Args:
        layer: A built layer of a Functional or Sequential model.

    Returns:
        The number of multiply-adds; 0 for other layers.
    """
    kind = type(layer).__name__
    if kind == "Dense":
        kernel_size: int = math.prod(layer.kernel.shape)
        return kernel_size * _positions(layer, channel_axes=1)
    if not kind.startswith(("Conv", "Depthwise", "Separable")):
        return 0
    kernels = [
        getattr(layer, name)
        for name in ("kernel", "depthwise_kernel", "pointwise_kernel")
        if hasattr(getattr(layer, name, None), "shape")
    ]
    side = "input" if kind.endswith("Transpose") else "output"
    positions = _positions(layer, side=side)
    return positions * sum(math.prod(k.shape) for k in kernels)


def _positions(
    layer: keras.layers.Layer, side: str = "output", channel_axes: int = 1
) -> int:
    """Number of positions of the feature map at which a kernel is applied."""
    shape = getattr(layer, side).shape[1:]
    if getattr(layer, "data_format", None) != "channels_first":
        spatial = shape[: len(shape) - channel_axes]
    else:
        spatial = shape[channel_axes:]
    return math.prod(n or 1 for n in spatial)


def group_multiply_adds(partition: Partition) -> list[int]:
    """Return the multiply-adds of one image through each layer group."""
    return [
        sum(
            layer_multiply_adds(layer)
            for leaf in leaves
            for layer in leaf.layer._flatten_layers()
        )
        for leaves in partition.leaves
    ]

"""Multiply-adds of a forward pass, layer by layer."""

from __future__ import annotations

import math


def of_layer(layer) -> int:
    """Multiply-adds of one image through a Conv or Dense layer, else 0.

    For each of a layer's kernels: its multiply-adds at one output position
    times the positions. BatchNormalization, pooling and activations are not
    counted, as in the papers.

    Args:
        layer: A built layer of a Functional or Sequential model.
    """
    kind = type(layer).__name__
    if kind == "Dense":
        return math.prod(layer.kernel.shape) * _positions(layer, kept=1)
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


def _positions(layer, side="output", kept=1):
    """Positions of the feature map that a kernel is laid on."""
    shape = getattr(layer, side).shape[1:]
    last = getattr(layer, "data_format", None) != "channels_first"
    spatial = shape[: len(shape) - kept] if last else shape[kept:]
    return math.prod(n or 1 for n in spatial)


def of_groups(partition) -> list[int]:
    """Multiply-adds of each group of a `groups.Partition`."""
    return [
        sum(
            of_layer(layer)
            for leaf in leaves
            for layer in leaf.layer._flatten_layers()
        )
        for leaves in partition.leaves
    ]

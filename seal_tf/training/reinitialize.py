"""Reinitialize the kernels of layers."""

from __future__ import annotations

import math
from collections.abc import Iterable

import keras
import numpy as np

from seal_tf.schedules import Reinitialize
from seal_tf.training.layer_groups import Leaf

#: Initializers of Conv and Dense layers, and their kernels.
_KERNEL_NAMES = {
    "kernel_initializer": ("kernel",),
    "depthwise_initializer": ("kernel", "depthwise_kernel"),
    "pointwise_initializer": ("pointwise_kernel",),
}


def reinitialize(
    leaves: Iterable[tuple[Leaf, bool]], event: Reinitialize
) -> list[str]:
    """Reinitialize convolution and dense kernels.

    Biases, BatchNormalization and frozen kernels are unchanged. The values
    are a function of (seed, generation, position of the kernel among all
    kernels of the model).

    Args:
        leaves: All leaves of the model in forward order, each with whether
            it is reinitialized.
        event: Distribution, seed and generation.

    Returns:
        Paths of the reinitialized kernels.

    Raises:
        ValueError: If no selected leaf has a trainable kernel.
    """
    paths = []
    position = 0
    for leaf, selected in leaves:
        for layer, kernel, initializer in kernels(leaf.layer):
            position += 1
            if not selected or not kernel.trainable:
                continue
            seed = _seed(event.seed, event.generation, position)
            kernel.assign(
                _reference_values(layer, kernel, seed)
                if event.reinit == "reference"
                else _initializer_values(initializer, kernel, seed)
            )
            paths.append(kernel.path)
    if not paths:
        raise ValueError(
            "The later layers have no trainable convolution or dense kernel "
            "to reinitialize: change `split_at`."
        )
    return paths


def kernels(
    layer: keras.layers.Layer,
) -> list[tuple[keras.layers.Layer, keras.Variable, keras.Initializer]]:
    """Return (layer, kernel, initializer) of every Conv and Dense sublayer."""
    triples = []
    for sublayer in layer._flatten_layers():
        if not isinstance(sublayer, _conv_and_dense_classes()):
            continue
        for attribute, names in _KERNEL_NAMES.items():
            initializer = getattr(sublayer, attribute, None)
            for name in names if initializer is not None else ():
                kernel = getattr(sublayer, name, None)
                if isinstance(kernel, keras.Variable):
                    triples.append((sublayer, kernel, initializer))
    return triples


def _conv_and_dense_classes() -> tuple[type, ...]:
    names = ["Dense", "EinsumDense"]
    for n in ("1D", "2D", "3D"):
        names += [f"Conv{n}", f"Conv{n}Transpose"]
    for n in ("1D", "2D"):
        names += [f"DepthwiseConv{n}", f"SeparableConv{n}"]
    return tuple(getattr(keras.layers, name) for name in names)


def _seed(*key: int) -> int:
    return int(np.random.SeedSequence(key).generate_state(1, np.uint32)[0])


def _reference_values(
    layer: keras.layers.Layer, kernel: keras.Variable, seed: int
) -> np.ndarray:
    """Uniform values in ±1/sqrt(fan_in), as in the official code."""
    bound = 1 / math.sqrt(fan_in(layer, kernel))
    rng = np.random.default_rng(seed)
    return rng.uniform(-bound, bound, kernel.shape)


def fan_in(layer: keras.layers.Layer, kernel: keras.Variable) -> int:
    """Return the number of inputs that one output of a kernel sums over."""
    shape = tuple(kernel.shape)
    kind = type(layer).__name__
    if kind.endswith("Transpose"):
        # Kernel shape: (…, outputs, inputs).
        return math.prod(shape[:-2]) * shape[-1]
    if kernel is getattr(layer, "depthwise_kernel", None) or kind.startswith(
        "Depthwise"
    ):
        # Kernel shape: (…, inputs, multiplier); an output has one channel.
        return math.prod(shape[:-2])
    if kind == "EinsumDense":
        # The output has as many features as a bias would have.
        features = layer.full_output_shape[-1]
        return max(1, math.prod(shape) // (features or shape[-1]))
    return math.prod(shape[:-1])


def _initializer_values(
    initializer: keras.Initializer, kernel: keras.Variable, seed: int
) -> object:
    """Values of the layer's initializer with a new seed.

    A Keras initializer object returns the same values on every call.
    """
    config = initializer.get_config()
    if "seed" in config:
        config["seed"] = seed
    return type(initializer).from_config(config)(kernel.shape)

"""Fresh kernels for layers that are to forget (LLF)."""

from __future__ import annotations

import math

import keras
import numpy as np

#: Initializers of Conv and Dense layers, and the kernels that may be theirs.
_NAMES = {
    "kernel_initializer": ("kernel",),
    "depthwise_initializer": ("kernel", "depthwise_kernel"),
    "pointwise_initializer": ("pointwise_kernel",),
}


def redraw(leaves, event) -> list[str]:
    """Draws Conv and Dense kernels anew.

    Biases, BatchNormalization and what is frozen are left alone. The draw is
    a function of (seed, generation, place of the kernel among the leaves).

    Args:
        leaves: All leaves of the model, in forward order, each with whether
            it is to be redrawn.
        event: The `seal_tf.schedules.Redraw`.

    Returns:
        Paths of the kernels that were redrawn.

    Raises:
        ValueError: no group that is to be redrawn has a kernel.
    """
    drawn = []
    place = 0
    for leaf, wanted in leaves:
        for layer, kernel, initializer in kernels(leaf.layer):
            place += 1
            if not wanted or not kernel.trainable:
                continue
            seed = _seed(event.seed, event.generation, place)
            kernel.assign(
                _reference(layer, kernel, seed)
                if event.law == "reference"
                else _again(initializer, kernel, seed)
            )
            drawn.append(kernel.path)
    if not drawn:
        raise ValueError(
            "nothing to forget: the later layers have no trainable Conv or "
            "Dense kernel; move `split_at`."
        )
    return drawn


def kernels(layer):
    """(layer, kernel, initializer) of every Conv and Dense layer inside."""
    found = []
    for part in layer._flatten_layers():
        if not isinstance(part, _conv_and_dense()):
            continue
        for attribute, names in _NAMES.items():
            law = getattr(part, attribute, None)
            for name in names if law is not None else ():
                kernel = getattr(part, name, None)
                if isinstance(kernel, keras.Variable):
                    found.append((part, kernel, law))
    return found


def _conv_and_dense():
    layers = keras.layers
    kinds = ["Dense", "EinsumDense"]
    for n in ("1D", "2D", "3D"):
        kinds += [f"Conv{n}", f"Conv{n}Transpose"]
    for n in ("1D", "2D"):
        kinds += [f"DepthwiseConv{n}", f"SeparableConv{n}"]
    return tuple(getattr(layers, kind) for kind in kinds)


def _seed(*key) -> int:
    return int(np.random.SeedSequence(key).generate_state(1, np.uint32)[0])


def _reference(layer, kernel, seed):
    """Uniform +-1/sqrt(fan_in), as the official code redraws."""
    bound = 1 / math.sqrt(fan_in(layer, kernel))
    rng = np.random.default_rng(seed)
    return rng.uniform(-bound, bound, kernel.shape)


def fan_in(layer, kernel) -> int:
    """Inputs that one output of a kernel is a sum of."""
    shape = tuple(kernel.shape)
    kind = type(layer).__name__
    if kind.endswith("Transpose"):
        # (…, out, in)
        return math.prod(shape[:-2]) * shape[-1]
    if kernel is getattr(layer, "depthwise_kernel", None) or kind.startswith(
        "Depthwise"
    ):
        # (…, in, multiplier): each output sees one channel.
        return math.prod(shape[:-2])
    if kind == "EinsumDense":
        # Its output's axes are as many as its bias would have.
        features = layer.full_output_shape[-1]
        return max(1, math.prod(shape) // (features or shape[-1]))
    return math.prod(shape[:-1])


def _again(initializer, kernel, seed):
    """The layer's own law with a new seed: one object draws but once."""
    config = initializer.get_config()
    if "seed" in config:
        config["seed"] = seed
    return type(initializer).from_config(config)(kernel.shape)

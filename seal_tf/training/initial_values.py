"""Draw the initial values of weights again, with a seed of our own."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import keras
import numpy as np

#: Initializers whose weights have another name than `X` or `X_kernel`.
_OTHER_NAMES = {"depthwise": ("kernel",)}


class Parameter(NamedTuple):
    """A weight and its initializer.

    Args:
        layer: The layer that owns the weight.
        name: The attribute of the layer: "kernel", "gamma".
        variable: The weight.
        initializer: Its initializer; None if it is unknown.
    """

    layer: keras.layers.Layer
    name: str
    variable: keras.Variable
    initializer: Any


def parameters(layer: keras.layers.Layer) -> list[Parameter]:
    """Return the weights of a layer and its sublayers with initializers.

    Keras does not store the initializer of a weight. A layer with an
    attribute `X_initializer` has the weight `X` or `X_kernel`, as all layers
    of Keras do. State that has no initializer and is not trained is omitted:
    the states of random generators, and the statistics of Normalization.

    Args:
        layer: A layer or a model.
    """
    by_variable: dict[int, Parameter] = {}
    sublayers = list(layer._flatten_layers())
    for sublayer in sublayers:
        for attribute in sorted(vars(sublayer)):
            if not attribute.endswith("_initializer"):
                continue
            initializer = getattr(sublayer, attribute)
            stem = attribute.removesuffix("_initializer")
            for name in (stem, f"{stem}_kernel", *_OTHER_NAMES.get(stem, ())):
                variable = getattr(sublayer, name, None)
                if isinstance(variable, keras.Variable) and initializer:
                    parameter = Parameter(sublayer, name, variable, initializer)
                    by_variable.setdefault(id(variable), parameter)
    for sublayer in sublayers:
        for v in sublayer._trainable_variables:
            by_variable.setdefault(id(v), Parameter(sublayer, v.name, v, None))
    return list(by_variable.values())


def initial_value(parameter: Parameter, seed: int) -> np.ndarray:
    """Draw an initial value of a weight.

    A Keras initializer returns the same values on every call, so this
    function calls a copy with another seed. An initializer without a seed is
    called as it is.

    Args:
        parameter: The weight.
        seed: Seed of the draw, at least 0. It replaces the initializer's own.

    Returns:
        An array of the shape of the weight.

    Raises:
        ValueError: If the initializer is unknown.
    """
    check_initializer(parameter)
    layer, name, variable, initializer = parameter
    value = draw(initializer, variable, seed)
    if name == "bias" and getattr(layer, "unit_forget_bias", False):
        # LSTM starts the bias of its forget gate, the second of four, at 1.
        units = layer.units
        value[units : 2 * units] = 1
    return value


def check_initializer(parameter: Parameter) -> None:
    """Check that the initializer of a weight is known.

    Raises:
        ValueError: If it is unknown.
    """
    layer, name, variable, initializer = parameter
    if initializer is None:
        raise ValueError(
            f"The initializer of the weight {variable.path} is unknown: let "
            f"{type(layer).__name__} store it as the attribute "
            f"`{name}_initializer`."
        )


def draw(initializer: Any, variable: keras.Variable, seed: int) -> np.ndarray:
    """Call a copy of an initializer that has another seed.

    Args:
        initializer: A Keras initializer or a function (shape, dtype).
        variable: The weight that gets the values.
        seed: The seed, at least 0.
    """
    if isinstance(initializer, keras.Initializer):
        config = initializer.get_config()
        if "seed" in config:
            config["seed"] = seed
        initializer = type(initializer).from_config(config)
    values = initializer(variable.shape, dtype=variable.dtype)
    return np.array(keras.ops.convert_to_numpy(values))


def derive_seed(*key: int) -> int:
    """Return a seed, at least 0, that depends on every number of a key.

    A key and the same key with zeros at its end have the same seed.
    """
    return int(np.random.SeedSequence(key).generate_state(1, np.uint32)[0])


def reference_values(
    layer: keras.layers.Layer, kernel: keras.Variable, seed: int
) -> np.ndarray:
    """Return uniform values in ±1/sqrt(fan_in), as LLF's official code does.

    Args:
        layer: The layer of the kernel.
        kernel: The kernel.
        seed: The seed, at least 0.
    """
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

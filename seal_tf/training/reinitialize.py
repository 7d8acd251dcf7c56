"""Reinitialize the weights of layers."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import keras
import numpy as np

from seal_tf.schedules import Reinitialize
from seal_tf.schedules.schedule import check_seed
from seal_tf.training.initial_values import (
    derive_seed,
    draw,
    initial_value,
    parameters,
    reference_values,
)
from seal_tf.training.layer_groups import Leaf

#: Initializers of Conv and Dense layers, and their kernels.
_KERNEL_NAMES = {
    "kernel_initializer": ("kernel",),
    "depthwise_initializer": ("kernel", "depthwise_kernel"),
    "pointwise_initializer": ("pointwise_kernel",),
}


def reinitialize(
    layer: keras.layers.Layer, seed: int | None = None, batch_norm: bool = True
) -> list[str]:
    """Give the weights of a layer or a model new initial values.

    Every weight gets a fresh draw of its own initializer, as if the layer had
    just been built: kernels, biases, embeddings, and with `batch_norm` the
    gamma, beta and statistics of BatchNormalization. The draw is fresh, even
    if the initializer has a seed of its own; calling a Keras initializer
    again would return the old values. Nested models and layers of layers are
    included, and frozen weights, too. Pass the layers that you mean. The
    states of random generators, data statistics of
    `keras.layers.Normalization` and the slots of the optimizer stay.

    Example:
        >>> import keras
        >>> import seal_tf
        >>> model = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8, name="early"),
        ...     keras.layers.Dense(3, name="head")])
        >>> paths = seal_tf.reinitialize(model.get_layer("head"), seed=1)
        >>> len(paths)  # kernel and bias
        2

    Args:
        layer: A built layer or model.
        seed: Seed of the new values; the same seed gives the same values.
            None draws one from Python's `random`, which
            `keras.utils.set_random_seed` seeds. Defaults to None.
        batch_norm: Whether BatchNormalization is reinitialized, too: gamma,
            beta and the moving mean and variance. Defaults to True.

    Returns:
        Paths of the weights that have new values.

    Raises:
        ValueError: If the layer has no weights yet, the seed is negative, or
            the initializer of a weight is unknown. No weight has changed
            then.
    """
    if not layer.weights:
        raise ValueError(
            "Argument `layer` must be a built layer or model with weights. "
            f"Received: layer={layer.name!r}, without weights"
        )
    if seed is None:
        seed = random.randrange(2**31)
    check_seed(seed)
    selected = [
        parameter
        for parameter in parameters(layer)
        if batch_norm
        or not isinstance(parameter.layer, keras.layers.BatchNormalization)
    ]
    values = [
        initial_value(parameter, derive_seed(seed, position))
        for position, parameter in enumerate(selected)
    ]
    for parameter, value in zip(selected, values, strict=True):
        parameter.variable.assign(value)
    return [parameter.variable.path for parameter in selected]


class Kernel(NamedTuple):
    """A convolution or dense kernel.

    Args:
        layer: The layer of the kernel.
        variable: The kernel.
        initializer: Its initializer.
        selected: Whether its layer group is reinitialized.
    """

    layer: keras.layers.Layer
    variable: keras.Variable
    initializer: keras.Initializer
    selected: bool = True


def reinitialize_kernels(
    leaves: Iterable[tuple[Leaf, bool]], event: Reinitialize
) -> list[str]:
    """Reinitialize convolution and dense kernels.

    Biases, BatchNormalization and frozen kernels are unchanged. The values
    are a function of (seed, generation, position of the kernel among all
    kernels of the model).

    Args:
        leaves: All leaves of the model in forward order, each with whether
            it is reinitialized.
        event: Distribution, seed and generation, and what stays.

    Returns:
        Paths of the reinitialized kernels.

    Raises:
        ValueError: If no selected leaf has a trainable kernel.
    """
    all_kernels = selected_kernels(leaves)
    check_selection(all_kernels)
    paths = []
    for index, kernel in enumerate(all_kernels):
        if not kernel.variable.trainable:
            continue
        if not kernel.selected:
            if event.rescale:
                _restore_norm(kernel, index, event)
            continue
        seed = derive_seed(event.seed, event.generation, index + 1)
        values = _draw(kernel, event, seed)
        if event.kept_fraction:
            stays = kept_channels(all_kernels, index, event.kept_fraction)
            old = keras.ops.convert_to_numpy(kernel.variable)
            values = np.where(stays, old, values)
        kernel.variable.assign(values)
        paths.append(kernel.variable.path)
    return paths


def selected_kernels(leaves: Iterable[tuple[Leaf, bool]]) -> list[Kernel]:
    """Return all kernels of a model in forward order.

    Args:
        leaves: All leaves of the model, each with whether it is selected.
    """
    selected_of = []
    for leaf, selected in leaves:
        # The leaf of a model has the weights that the model owns itself.
        own = {id(variable) for variable in leaf.own}
        selected_of += [
            Kernel(*triple, selected)
            for triple in kernels(leaf.layer)
            if id(triple[1]) in own
        ]
    return selected_of


def check_selection(all_kernels: Sequence[Kernel]) -> None:
    """Check that there is a kernel to reinitialize.

    Raises:
        ValueError: If no selected kernel is trainable.
    """
    if not any(k.selected and k.variable.trainable for k in all_kernels):
        raise ValueError(
            "The layers to reinitialize have no trainable convolution or "
            "dense kernel to reinitialize: change `layers` or `split_at`."
        )


def _draw(kernel: Kernel, event: Reinitialize, seed: int) -> np.ndarray:
    if event.reinit == "reference":
        return reference_values(kernel.layer, kernel.variable, seed)
    return draw(kernel.initializer, kernel.variable, seed)


def _restore_norm(kernel: Kernel, index: int, event: Reinitialize) -> None:
    """Scale a kernel to the norm of a draw of its distribution.

    The draw stands for the initial values, which no checkpoint has: it
    depends on seed and position only. A kernel that starts at 0 keeps its
    norm, because a kernel of zeros would not stay what it learned.
    """
    initial = _draw(kernel, event, derive_seed(event.seed, index + 1))
    values = keras.ops.convert_to_numpy(kernel.variable)
    # The sum of squares of a float16 kernel overflows in float16.
    values, initial = (np.asarray(a, np.float64) for a in (values, initial))
    norm, initial_norm = np.linalg.norm(values), np.linalg.norm(initial)
    if norm and initial_norm:
        kernel.variable.assign(values * (initial_norm / norm))


def kept_channels(
    all_kernels: Sequence[Kernel], index: int, fraction: float
) -> np.ndarray:
    """Return which weights of a kernel belong to the part that stays.

    As in the kernel-level split of Knowledge Evolution: the first
    ceil(fraction * channels) output channels, and of their inputs the first
    ceil(fraction * channels). The first kernel keeps all of its inputs, and
    the last one all of its outputs. (Taha et al. 2021, section 3.2, and the
    official code.)

    Args:
        all_kernels: All kernels of the model in forward order.
        index: Index of the kernel among them.
        fraction: Fraction of the channels that stays.

    Returns:
        bool array that broadcasts to the kernel.
    """
    layer, variable, *_ = all_kernels[index]
    shape = tuple(variable.shape)
    inputs, outputs = len(shape) - 2, len(shape) - 1
    kind = type(layer).__name__
    if kind.endswith("Transpose"):
        inputs, outputs = outputs, inputs
    elif kind == "EinsumDense":
        inputs = 0
    elif kind.startswith("Depthwise") or variable is getattr(
        layer, "depthwise_kernel", None
    ):
        # The outputs of a channel are those of its own multiplier.
        outputs = inputs
    stays = np.ones(shape, bool)
    for axis, all_stay in (
        (inputs, index == 0),
        (outputs, index == len(all_kernels) - 1),
    ):
        if not all_stay:
            count = math.ceil(fraction * shape[axis])
            view = np.arange(shape[axis]) < count
            stays &= np.expand_dims(
                view, [a for a in range(len(shape)) if a != axis]
            )
    return stays


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

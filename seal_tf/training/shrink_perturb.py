"""Shrink the weights of layers, and perturb them with fresh initial values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import keras

from seal_tf.schedules import ShrinkAndPerturb
from seal_tf.training.initial_values import (
    Parameter,
    check_initializer,
    derive_seed,
    initial_value,
    parameters,
)
from seal_tf.training.layer_groups import Leaf


def shrink_and_perturb(
    leaves: Iterable[tuple[Leaf, bool]], event: ShrinkAndPerturb
) -> list[str]:
    """Set trainable weights to shrink * weight + perturb * initial value.

    Weights of every kind: kernels, biases, and gamma and beta of
    BatchNormalization, whose statistics stay. Frozen weights are unchanged.
    The initial values are a function of (seed, generation, position of the
    weight among all weights of the model).

    Args:
        leaves: All leaves of the model in forward order, each with whether
            it changes.
        event: Both factors, seed and generation.

    Returns:
        Paths of the changed weights.

    Raises:
        ValueError: If no selected weight is trainable, or the initializer of
            one is unknown. No weight has changed then.
    """
    leaves = list(leaves)
    check_shrinkable(leaves)
    paths = []
    for position, parameter in _selected(leaves):
        seed = derive_seed(event.seed, event.generation, position)
        value = initial_value(parameter, seed)
        weight = keras.ops.convert_to_numpy(parameter.variable)
        parameter.variable.assign(event.shrink * weight + event.perturb * value)
        paths.append(parameter.variable.path)
    return paths


def check_shrinkable(leaves: Iterable[tuple[Leaf, bool]]) -> None:
    """Check that the selected leaves can shrink.

    Raises:
        ValueError: If no selected weight is trainable, or the initializer of
            one is unknown.
    """
    selected = [parameter for _, parameter in _selected(leaves)]
    if not selected:
        raise ValueError(
            "The layers to shrink have no trainable weight: change `layers` "
            "or `split_at`."
        )
    for parameter in selected:
        check_initializer(parameter)


def _selected(
    leaves: Iterable[tuple[Leaf, bool]],
) -> Iterator[tuple[int, Parameter]]:
    """Yield (position, weight) of the trainable weights of selected leaves."""
    position = 0
    for leaf, selected in leaves:
        own = {id(v) for v in leaf.own}
        for parameter in parameters(leaf.layer):
            if id(parameter.variable) not in own:
                continue
            position += 1
            if selected and parameter.variable.trainable:
                yield position, parameter

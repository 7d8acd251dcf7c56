"""Freeze the first layer groups of a model while its step is traced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from seal_tf.training.layer_groups import Leaf
from seal_tf.training.step_control import StepControl
from seal_tf.training.train_function import TrainFunction


class FrozenLayers:
    """Set `trainable` of layers to False for the length of a `with` block.

    Keras computes no gradients for layers that are not trainable, so the
    backward pass ends at the frozen prefix, and its BatchNormalization runs
    in inference mode. Only the trace of a step reads `trainable`. Outside of
    it, users, callbacks and saved files see their own values, which are
    restored for each layer and each variable. Blocks may overlap, as those of
    replicas do.

    Args:
        leaves: The leaves to freeze, with their sublayers. Of a model with
            weights of its own, only these weights are frozen.
    """

    def __init__(self, leaves: Sequence[Leaf] = ()) -> None:
        self._leaves = leaves
        self._depth = 0
        self._saved: list[tuple[Any, str, bool]] = []

    def __enter__(self) -> FrozenLayers:
        self._depth += 1
        if self._depth == 1:
            for leaf in self._leaves:
                self._freeze(leaf)
        return self

    def _freeze(self, leaf: Leaf) -> None:
        layer = leaf.layer
        is_model = isinstance(layer, keras.Model)
        variables = leaf.own if is_model else layer.variables
        self._saved += [(v, "trainable", v.trainable) for v in variables]
        if is_model:
            for variable in leaf.own:
                # The states of random generators are not trainable.
                if variable.trainable:
                    variable.trainable = False
            return
        self._saved += [
            (sublayer, "_trainable", sublayer._trainable)
            for sublayer in layer._flatten_layers()
        ]
        layer.trainable = False

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            # A layer's own setter would change all of its variables.
            for owner, name, value in self._saved:
                if name == "_trainable":
                    object.__setattr__(owner, name, value)
                elif owner.trainable != value:
                    owner.trainable = value
            self._saved = []


class FrozenPrefix:
    """Freeze the first groups of a partition.

    The step is traced again after each change.

    Args:
        model: The model.
        control: The `StepControl` with the layer groups.
        train_function: The owner of the train function.
    """

    def __init__(
        self,
        model: keras.Model,
        control: StepControl,
        train_function: TrainFunction,
    ) -> None:
        self._model = model
        self._control = control
        self._train_function = train_function
        self._count = 0

    def set(self, count: int) -> None:
        """Freeze the first `count` groups, and unfreeze all others."""
        if count == self._count:
            return
        optimizer = self._model.optimizer
        if not optimizer.built:
            # The optimizer always has slots for all variables, frozen or not.
            optimizer.build(self._model.trainable_variables)
        assert self._control.partition is not None
        self._control.freeze(count)
        self._control.step_context = FrozenLayers(
            [
                leaf
                for leaves in self._control.partition.leaves[:count]
                for leaf in leaves
            ]
        )
        self._count = count
        self._train_function.rebuild()

"""Freeze the first layer groups of a model."""

from __future__ import annotations

import keras

from seal_tf.training.step_control import StepControl
from seal_tf.training.train_function import TrainFunction


class FrozenPrefix:
    """Freeze the first groups of a partition by `layer.trainable`.

    Keras computes no gradients for layers that are not trainable, so the
    backward pass ends at the frozen prefix, and its BatchNormalization runs
    in inference mode. The step is traced again after each change.

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
        self._original: list[tuple[keras.layers.Layer, bool]] = []

    def set(self, count: int) -> None:
        """Freeze the first `count` groups, and unfreeze all others."""
        if count == self._count:
            return
        optimizer = self._model.optimizer
        if not optimizer.built:
            # The optimizer always has slots for all variables, frozen or not.
            optimizer.build(self._model.trainable_variables)
        self.unfreeze()
        assert self._control.partition is not None
        for leaves in self._control.partition.leaves[:count]:
            for leaf in leaves:
                for layer in leaf.layer._flatten_layers():
                    self._original.append((layer, layer.trainable))
                leaf.layer.trainable = False
        self._count = count
        self._train_function.rebuild()

    def unfreeze(self) -> None:
        """Restore `trainable` of every layer to the user's value."""
        for layer, trainable in self._original:
            # The setter changes inner layers, which come later in the list.
            if layer.trainable != trainable:
                layer.trainable = trainable
        self._original = []
        self._count = 0

"""A prefix of groups out of the backward pass, and back in again."""

from __future__ import annotations


class FrozenPrefix:
    """Freezes the first groups of a partition by `layer.trainable`.

    Keras leaves what is not trainable out of the gradients, so the backward
    pass ends where the frozen prefix does, and its BatchNormalization runs
    in inference mode. The step has to be traced again.

    Args:
        model: The model.
        control: The `StepControl`, which knows the groups.
    """

    def __init__(self, model, control):
        self._model = model
        self._control = control
        self._count = 0
        self._flags = []

    def set(self, count: int) -> None:
        """Freezes the first `count` groups and no others."""
        if count == self._count:
            return
        optimizer = self._model.optimizer
        if not optimizer.built:
            # Over all variables, whatever is frozen: the set never changes.
            optimizer.build(self._model.trainable_variables)
        self.thaw()
        for leaves in self._control.partition.leaves[:count]:
            for leaf in leaves:
                for layer in leaf.layer._flatten_layers():
                    self._flags.append((layer, layer.trainable))
                leaf.layer.trainable = False
        self._count = count
        self._model.make_train_function(force=True)

    def thaw(self) -> None:
        """Every layer as trainable as the user made it."""
        for layer, flag in self._flags:
            # The setter reaches into inner layers; theirs come after it.
            if layer.trainable != flag:
                layer.trainable = flag
        self._flags = []
        self._count = 0

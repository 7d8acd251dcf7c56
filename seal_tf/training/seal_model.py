"""Model classes whose train step obeys a `GenerationCallback`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from seal_tf.backends import get_backend
from seal_tf.training.step_control import StepControl


class SEALTrainStep:
    """Mixin: a `train_step` that obeys a `GenerationCallback`.

    Without the callback it is Keras' own step. A class with its own train
    step inherits this mixin before `keras.Model`, and passes its gradients to
    `apply_signed_gradients` instead of `optimizer.apply_gradients`:

    Example:
        >>> import keras
        >>> from seal_tf import SEALTrainStep
        >>> class MyModel(SEALTrainStep, keras.Model):
        ...     def train_step(self, data):
        ...         gradients, variables = self.my_gradients(data)
        ...         self.apply_signed_gradients(gradients, variables)
        ...         return self.get_metrics_result()
    """

    _seal_control: StepControl | None = None
    optimizer: Any  # an attribute of keras.Model

    def train_step(self, *args: Any) -> Any:
        """Run one train step; see `keras.Model.train_step`."""
        if self._seal_control is None:
            return super().train_step(*args)  # type: ignore[misc]
        return get_backend().train_step(self, self._seal_control, *args)

    def minimize(self, compute_loss: Callable[[], tuple[Any, Any]]) -> Any:
        """Compute a loss, and apply its gradients with the signs of the plan.

        This is the part of a train step that a custom one most often gets
        wrong: it scales the loss under half precision, updates the logged
        loss, and differentiates with respect to the trainable weights.

        Example:
            >>> import keras
            >>> from seal_tf import SEALTrainStep
            >>> class MyModel(SEALTrainStep, keras.Model):
            ...     def train_step(self, data):
            ...         x, y = data
            ...         def compute_loss():
            ...             y_pred = self(x, training=True)
            ...             return self.compute_loss(x, y, y_pred), y_pred
            ...         y_pred = self.minimize(compute_loss)
            ...         return self.compute_metrics(x, y, y_pred)

        Args:
            compute_loss: Returns (loss, outputs); the loss is a scalar.

        Returns:
            The outputs.
        """
        return get_backend().minimize(
            self, compute_loss, self.apply_signed_gradients
        )

    def apply_signed_gradients(
        self, gradients: Sequence[Any], variables: Sequence[Any]
    ) -> None:
        """Apply gradients with the signs of the plan.

        Without a `GenerationCallback` this is plain descent.

        Args:
            gradients: One gradient, or None, for each variable, scaled by
                `optimizer.scale_loss` where loss scaling is in use.
            variables: The variables to update.
        """
        control = self._seal_control
        if control is None or get_backend().signs_in_optimizer:
            self.optimizer.apply(gradients, variables)
            return
        control.ensure_partition(self)
        control.check_optimizer(self.optimizer)
        control.apply(self.optimizer, gradients, variables)


@keras.saving.register_keras_serializable(package="seal_tf")
class SEALModel(SEALTrainStep, keras.Model):
    """A `keras.Model` whose early layers ascend in ascent epochs.

    Use it like `keras.Model`, with inputs and outputs or subclassed. Training
    with a `SEALCallback` is SEAL (arXiv 2304.04858).

    Example:
        >>> import keras
        >>> import numpy as np
        >>> import seal_tf
        >>> inputs = keras.Input((4,))
        >>> outputs = keras.layers.Dense(1)(keras.layers.Dense(8)(inputs))
        >>> model = seal_tf.SEALModel(inputs, outputs)
        >>> model.compile(seal_tf.optimizers.SGD(0.01), "mse")
        >>> history = model.fit(
        ...     np.ones((8, 4)), np.ones((8, 1)), epochs=8, verbose=0,
        ...     callbacks=[seal_tf.SEALCallback(generations=2, split_at=0.5)])
    """

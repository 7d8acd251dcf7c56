"""SGD in the reference's form, as the published recipes were run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

#: What TensorFlow's updates know on every device.
_FUSED = ("float16", "float32", "float64")


@keras.saving.register_keras_serializable(package="seal_tf")
class SGD(keras.optimizers.Optimizer):
    """SGD with the rate outside the velocity and coupled L2.

    One step on parameter `w` with gradient `g`, as in PyTorch:

        g = g + l2 * w
        v = momentum * v + g
        w = w - learning_rate * v                    (nesterov=False)
        w = w - learning_rate * (g + momentum * v)   (nesterov=True)

    It differs from `keras.optimizers.SGD` wherever the rate changes during
    training (Keras keeps the rate inside the velocity) and in its decay:
    L2 goes through the momentum, on every parameter, BatchNormalization's
    and biases included. Keras' `weight_decay` is decoupled, and 5e-4 there
    decays about ten times less.

    Examples:
        >>> optimizer = SGD(learning_rate=0.1, momentum=0.9, l2=5e-4)
        >>> model.compile(optimizer, loss="sparse_categorical_crossentropy")

    Args:
        learning_rate: A float, a `LearningRateSchedule` or a callable.
            Defaults to 0.1.
        momentum: At least 0 and below 1. Defaults to 0.9.
        nesterov: Whether to step along the velocity to come. Defaults to
            False.
        l2: Coefficient of the coupled L2, at least 0. Defaults to 0.
        **kwargs: Keras' own (`clipnorm`, `use_ema`, …), but for
            `weight_decay`.

    Raises:
        ValueError: an argument is out of its range, or `weight_decay` is
            given.
    """

    def __init__(
        self,
        learning_rate: Any = 0.1,
        momentum: float = 0.9,
        nesterov: bool = False,
        l2: float = 0.0,
        name: str = "SGD",
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("weight_decay", None) is not None:
            raise ValueError(
                "seal_tf's SGD has coupled decay: give `l2` instead of "
                "`weight_decay`."
            )
        if not 0 <= momentum < 1:
            raise ValueError(
                f"`momentum` must be in [0, 1). Received: {momentum}"
            )
        if not 0 <= l2 < float("inf"):
            raise ValueError(
                f"`l2` must be finite and not negative. Received: {l2}"
            )
        if nesterov and not momentum:
            raise ValueError("`nesterov=True` needs `momentum` above 0.")
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.momentum = momentum
        self.nesterov = nesterov
        self.l2 = l2

    def build(self, variables: Sequence[Any]) -> None:
        """Creates one velocity a variable, where there is momentum."""
        if self.built:
            return
        super().build(variables)
        self.velocities = []
        if self.momentum:
            self.velocities = self.add_optimizer_variables(
                variables, "velocity"
            )

    def update_step(
        self,
        gradient: Any,
        variable: Any,
        learning_rate: Any,
        l2_share: Any = 1.0,
    ) -> None:
        """Takes one step.

        Args:
            gradient: Gradient of the loss, of the variable's shape.
            variable: The variable to move.
            learning_rate: The rate of this variable.
            l2_share: Share of `l2` that this variable gets, a number or a
                scalar tensor.
        """
        rate = ops.cast(learning_rate, variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        dtype = keras.backend.standardize_dtype(variable.dtype)
        if self.momentum and dtype in _FUSED:
            self._fused_step(gradient, variable, rate, l2_share)
            return
        if self.l2:
            gradient = ops.add(gradient, self._decay(variable, l2_share))
        if self.momentum:
            velocity = self.velocities[self._get_variable_index(variable)]
            self.assign(
                velocity,
                ops.add(ops.multiply(velocity, self.momentum), gradient),
            )
            ahead = ops.multiply(velocity, self.momentum)
            gradient = ops.add(gradient, ahead) if self.nesterov else velocity
        self.assign_sub(variable, ops.multiply(gradient, rate))

    def _fused_step(
        self, gradient: Any, variable: Any, rate: Any, l2_share: Any
    ) -> None:
        """The same by TensorFlow's own updates.

        Memory is the limit, and they pass over it half as often as a product
        or a sum at a time.
        """
        velocity = self.velocities[self._get_variable_index(variable)]
        if self.l2 and self.nesterov:
            gradient = ops.add(gradient, self._decay(variable, l2_share))
        elif self.l2:
            # The velocity's next step multiplies this by the momentum.
            tf.raw_ops.ResourceApplyGradientDescent(
                var=_handle(velocity),
                alpha=-self._share(l2_share, variable) / self.momentum,
                delta=tf.convert_to_tensor(variable),
            )
        tf.raw_ops.ResourceApplyMomentum(
            var=_handle(variable),
            accum=_handle(velocity),
            lr=rate,
            grad=tf.convert_to_tensor(gradient),
            momentum=tf.constant(self.momentum, variable.dtype),
            use_nesterov=self.nesterov,
        )

    def _share(self, l2_share: Any, variable: Any) -> Any:
        return self.l2 * ops.cast(l2_share, variable.dtype)

    def _decay(self, variable: Any, l2_share: Any) -> Any:
        return ops.multiply(self._share(l2_share, variable), variable)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["weight_decay"]
        return config | {
            "momentum": self.momentum,
            "nesterov": self.nesterov,
            "l2": self.l2,
        }


def _handle(variable: Any) -> Any:
    """The resource of a variable, Keras' or TensorFlow's."""
    inner = variable.value
    return variable.handle if callable(inner) else inner.handle

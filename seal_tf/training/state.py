"""Everything that a run goes on from, at one step of one epoch."""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class State:
    """A run, stopped.

    Args:
        epoch: The epoch that it is in: so many are done.
        step: Steps of that epoch that are done.
        since_reset: Steps that the optimizer has counted since it was last
            made new (`LentOptimizer`).
        past: What `seal_tf.schedules.past.recorded` says of its plan.
        arrays: NumPy arrays in order: "model" (weights and random states),
            "optimizer" (slots, counts, rate, loss scale), "metrics" (what
            metrics have counted in this epoch), and what others keep.
        eased: The `Easing`s of the plan.
        looks: The `seal_tf.schedules.forgetting.Look`s of the run so far.
        extra: What else is kept; JSON.
    """

    epoch: int
    step: int
    since_reset: int
    past: dict
    arrays: dict[str, list[np.ndarray]]
    eased: tuple = ()
    looks: tuple = ()
    extra: dict = dataclasses.field(default_factory=dict)

    @property
    def position(self) -> tuple[int, int]:
        return self.epoch, self.step

    @property
    def begun(self) -> int:
        """Epochs that have begun."""
        return self.epoch + (self.step > 0)

    def check(self, model) -> None:
        """Raises ValueError where it is of another model or optimizer."""
        if not model.optimizer.built:
            with model.distribute_strategy.scope():
                model.optimizer.build(model.trainable_variables)
        _check("model", self.arrays["model"], weights(model))
        _check("optimizer", self.arrays["optimizer"], slots(model))

    def put_into(self, model) -> None:
        """Gives a compiled model the weights and the optimizer.

        Raises:
            ValueError: see `check`; nothing has been changed.
        """
        self.check(model)
        assign(weights(model), self.arrays["model"])
        assign(slots(model), self.arrays["optimizer"])

    def put_metrics(self, model) -> None:
        """Gives a model's metrics, built, what they have counted.

        Raises:
            ValueError: they are other metrics.
        """
        _check("metrics", self.arrays["metrics"], model.metrics_variables)
        assign(model.metrics_variables, self.arrays["metrics"])


def weights(model) -> list:
    """Weights and random states; not what metrics count within an epoch."""
    metrics = {id(v) for v in model.metrics_variables}
    return [v for v in model.variables if id(v) not in metrics]


def slots(model) -> list:
    """Variables of the optimizer, those of a loss scale among them."""
    return list(model.optimizer.variables)


def values(variables) -> list[np.ndarray]:
    """Copies on the host."""
    return [np.array(v.numpy()) for v in variables]


def _check(kind, saved, variables):
    shapes = [tuple(a.shape) for a in saved]
    if shapes != [tuple(v.shape) for v in variables]:
        raise ValueError(
            f"its {kind} has {len(saved)} variables of other shapes than the "
            f"{len(variables)} of this run's: it is a state of something else."
        )
    for array, variable in zip(saved, variables, strict=True):
        dtype = _dtype(variable)
        # bfloat16 lies in files as integers.
        stored = f"u{dtype.itemsize}" if dtype.kind == "V" else dtype
        if array.dtype not in (dtype, np.dtype(stored)):
            raise ValueError(
                f"its {kind} has {array.dtype} where this run's has "
                f"{variable.dtype}: it is a state of another precision."
            )


def _dtype(variable):
    return np.dtype(tf.as_dtype(variable.dtype).as_numpy_dtype)


def assign(variables, saved) -> None:
    """Puts what `values` gave back."""
    for variable, value in zip(variables, saved, strict=True):
        dtype = _dtype(variable)
        variable.assign(value if value.dtype == dtype else value.view(dtype))

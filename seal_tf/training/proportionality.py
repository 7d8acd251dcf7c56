"""Check that the step of an optimizer is proportional to its rate."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from seal_tf.optimizers.names import unwrapped
from seal_tf.training.optimizer_patch import create_twin

#: The rates of two updates that are compared, and the tolerance.
_RATE, _FACTOR, _TOLERANCE = 1e-2, 0.125, 1e-2


def check_proportional(optimizer: Any) -> None:
    """Check that a fraction of the rate gives that fraction of the step.

    The scale of a plan (S, layer-wise rates, FreezeOut) reaches an update
    through the argument `learning_rate` of `update_step`. An optimizer that
    reads `self.learning_rate` instead would take full steps while the logs
    show S. This function compares two updates of a copy of the optimizer from
    the same state.

    Args:
        optimizer: The optimizer of the compiled model.

    Raises:
        ValueError: If the step is not proportional to the argument.
    """
    inner = unwrapped(optimizer)
    full, part = (_update(inner, factor) for factor in (1.0, _FACTOR))
    for whole, fraction in zip(full, part, strict=True):
        limit = _TOLERANCE * _FACTOR * np.abs(whole).max()
        if np.abs(fraction - _FACTOR * whole).max() > limit:
            raise ValueError(
                f"{type(inner).__name__} is not supported: its `update_step` "
                "does not take a step that is proportional to its argument "
                "`learning_rate`, so an ascent would not have the size S. "
                "Use that argument instead of `self.learning_rate` in "
                "`update_step`, or use another optimizer."
            )


def _update(optimizer: Any, factor: float) -> list[np.ndarray]:
    """Displacements of a matrix and a vector in one update of a copy."""
    try:
        twin = create_twin(optimizer)
    except Exception as error:
        raise ValueError(
            f"{type(optimizer).__name__} is not supported: its own "
            f"get_config() does not recreate it ({error}), so its step cannot "
            "be checked. Fix get_config."
        ) from error
    rng = np.random.default_rng(0)
    variables, gradients = [], []
    for shape in ((4, 3), (3,)):
        variables.append(
            keras.Variable(rng.normal(scale=0.1, size=shape), dtype="float32")
        )
        gradients.append(
            keras.ops.convert_to_tensor(
                rng.normal(size=shape).astype("float32")
            )
        )
    twin.build(variables)
    before = [np.array(keras.ops.convert_to_numpy(v)) for v in variables]
    rate = keras.ops.convert_to_tensor(np.float32(_RATE * factor))
    # Nadam advances a product of its own here before it updates.
    twin._backend_update_step(gradients, variables, rate)
    return [
        np.array(keras.ops.convert_to_numpy(v)) - old
        for v, old in zip(variables, before, strict=True)
    ]

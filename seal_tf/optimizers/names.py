"""Tell optimizers apart."""

from __future__ import annotations

from typing import Any

import keras


def unwrapped(optimizer: Any) -> Any:
    """Return the optimizer inside any LossScaleOptimizer."""
    while isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = optimizer.inner_optimizer
    return optimizer


def optimizer_name(optimizer: Any) -> str:
    """Return the package and the class of an optimizer: "keras.SGD"."""
    kind = type(unwrapped(optimizer))
    return f"{kind.__module__.partition('.')[0]}.{kind.__name__}"

"""Set the weight decay of any optimizer by its timescale."""

from __future__ import annotations

from typing import Any

import keras

from seal_tf.optimizers.names import unwrapped
from seal_tf.utils.decay_timescale import (
    WeightDecay,
    check_positive,
    coefficient_of,
)


def read_weight_decay(optimizer: Any) -> WeightDecay | None:
    """Return the weight decay of an optimizer.

    Args:
        optimizer: A Keras optimizer, possibly in a `LossScaleOptimizer`.

    Returns:
        The L2 of `seal_tf.optimizers.SGD`, or the `weight_decay` of a Keras
        optimizer; None if the optimizer has none.
    """
    optimizer = unwrapped(optimizer)
    coupled = hasattr(optimizer, "l2")
    coefficient = optimizer.l2 if coupled else optimizer.weight_decay
    if not coefficient:
        return None
    rate = optimizer._learning_rate
    return WeightDecay(
        coefficient=float(coefficient),
        coupled=coupled,
        momentum=float(optimizer.momentum) if coupled else 0.0,
        learning_rate=(
            float(keras.ops.convert_to_numpy(rate))
            if isinstance(rate, keras.Variable)
            else None
        ),
        steps_per_update=optimizer.gradient_accumulation_steps or 1,
    )


def set_weight_decay_timescale(
    optimizer: keras.optimizers.Optimizer,
    weight_decay_timescale: float,
    steps_per_epoch: int,
    learning_rate: float | None = None,
) -> keras.optimizers.Optimizer:
    """Set the weight decay of an optimizer by its timescale in epochs.

    The coefficient depends on the learning rate, the number of steps and the
    momentum; the timescale is the setting that you can carry from one run to
    another. The function sets `l2` of `seal_tf.optimizers.SGD`, for which the
    timescale is (1 - momentum) / (rate * l2) steps, and `weight_decay` of
    every Keras optimizer, for which it is 1 / (rate * weight_decay). Call it
    before `compile`. (Wang and Aitchison, arXiv 2405.13698, section 3, for
    AdamW.)

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf.optimizers import set_weight_decay_timescale
        >>> x, y = np.ones((32, 4)), np.ones((32, 1))
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        >>> optimizer = set_weight_decay_timescale(
        ...     keras.optimizers.AdamW(0.01), weight_decay_timescale=5,
        ...     steps_per_epoch=4)
        >>> round(optimizer.weight_decay, 3)
        5.0
        >>> model.compile(optimizer, "mse")
        >>> history = model.fit(x, y, batch_size=8, epochs=20, verbose=0)

    Args:
        optimizer: A Keras optimizer or `seal_tf.optimizers.SGD`.
        weight_decay_timescale: Timescale in epochs, above 0.
        steps_per_epoch: Training steps per epoch.
        learning_rate: The highest learning rate of the run. Defaults to the
            optimizer's own; an optimizer with a `LearningRateSchedule`
            requires it.

    Returns:
        The optimizer.

    Raises:
        ValueError: If a number is out of range, or the learning rate is not
            known.
    """
    check_positive(
        weight_decay_timescale=weight_decay_timescale,
        steps_per_epoch=steps_per_epoch,
    )
    inner = unwrapped(optimizer)
    coupled = hasattr(inner, "l2")
    if learning_rate is None:
        if not isinstance(inner._learning_rate, keras.Variable):
            raise ValueError(
                "The optimizer has a learning-rate schedule: pass its highest "
                "rate as `learning_rate`. Received: learning_rate=None"
            )
        learning_rate = float(keras.ops.convert_to_numpy(inner.learning_rate))
    updates = steps_per_epoch / (inner.gradient_accumulation_steps or 1)
    coefficient = coefficient_of(
        weight_decay_timescale * updates,
        learning_rate,
        inner.momentum if coupled else 0.0,
    )
    if coupled:
        inner.l2 = coefficient
    else:
        inner.weight_decay = coefficient
    return optimizer

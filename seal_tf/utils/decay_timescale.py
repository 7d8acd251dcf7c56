"""The timescale of weight decay: for how many steps weights are remembered.

Without a gradient, weight decay shrinks a weight by the factor exp(-1) in one
timescale. The weights of a trained network are therefore an exponential moving
average of its updates over about one timescale (Wang and Aitchison, "How to
set AdamW's weight decay as you scale model and dataset size", arXiv
2405.13698, section 3).
"""

from __future__ import annotations

import dataclasses
import math


def timescale_steps(
    coefficient: float, learning_rate: float, momentum: float = 0.0
) -> float:
    """Return the timescale of weight decay, in steps.

    Decoupled decay, as in AdamW and every `weight_decay` of Keras, has the
    timescale 1 / (rate * decay). Coupled L2 passes through the momentum m:
    (1 - m) / (rate * l2). Both are those of small steps, rate * l2 << 1 - m.

    Example:
        >>> from seal_tf.utils.decay_timescale import timescale_steps
        >>> round(timescale_steps(5e-4, 0.1, momentum=0.9))
        2000

    Args:
        coefficient: Coefficient of the L2 or of the weight decay, at least 0.
        learning_rate: Learning rate, above 0.
        momentum: Momentum of coupled L2. Defaults to 0, for decoupled decay.

    Returns:
        The number of steps; infinity without decay.
    """
    speed = coefficient * learning_rate
    return (1 - momentum) / speed if speed else math.inf


def coefficient_of(
    steps: float, learning_rate: float, momentum: float = 0.0
) -> float:
    """Return the coefficient of weight decay with a given timescale.

    This is the inverse of `timescale_steps`.

    Example:
        >>> from seal_tf.utils.decay_timescale import coefficient_of
        >>> coefficient_of(1000, 0.001)
        1.0

    Args:
        steps: Timescale in steps, above 0.
        learning_rate: Learning rate, above 0.
        momentum: Momentum of coupled L2. Defaults to 0, for decoupled decay.

    Raises:
        ValueError: If a number is out of range.
    """
    check_positive(weight_decay_timescale=steps, learning_rate=learning_rate)
    return (1 - momentum) / (learning_rate * steps)


def check_positive(**arguments: float) -> None:
    """Check the arguments of a weight decay by its timescale.

    Args:
        **arguments: The arguments by name.

    Raises:
        ValueError: If one is not a finite number above 0.
    """
    for name, value in arguments.items():
        if not 0 < value < math.inf:
            raise ValueError(
                f"Argument `{name}` must be finite and above 0 for a weight "
                f"decay by its timescale. Received: {name}={value}"
            )


@dataclasses.dataclass(frozen=True)
class WeightDecay:
    """The weight decay of an optimizer.

    Args:
        coefficient: Coefficient of the L2 or of the weight decay.
        coupled: Whether it is an L2 that passes through the momentum and is
            scaled with the update of a layer.
        momentum: Momentum that it passes through; 0 if it is not coupled.
        learning_rate: The optimizer's own learning rate; None if that is a
            schedule.
        steps_per_update: Train steps of one update, under gradient
            accumulation. Defaults to 1.
    """

    coefficient: float
    coupled: bool
    momentum: float
    learning_rate: float | None
    steps_per_update: int = 1

    @property
    def name(self) -> str:
        """The name of the coefficient, for messages."""
        return "L2" if self.coupled else "weight decay"

    def timescale(self, learning_rate: float) -> float:
        """Return the timescale in train steps at a learning rate."""
        return self.steps_per_update * timescale_steps(
            self.coefficient, learning_rate, self.momentum
        )

    def coefficient_for(self, steps: float, learning_rate: float) -> float:
        """Return the coefficient with a timescale of `steps` train steps."""
        return coefficient_of(
            steps / self.steps_per_update, learning_rate, self.momentum
        )

"""A schedule of the L2 or weight decay within each generation."""

from __future__ import annotations

import dataclasses
import math

from seal_tf.schedules.epoch_plan import EpochPlan, Run
from seal_tf.schedules.schedule import Schedule, setting

SHAPES = ("constant", "linear", "rate")


@dataclasses.dataclass(frozen=True, kw_only=True)
class L2Schedule(Schedule):
    """A schedule of the L2 over each generation; a modifier of a method.

    The L2 of the optimizer (of `seal_tf.optimizers.SGD`, or the weight decay
    of a Keras optimizer) has a factor in each epoch e of a generation of E
    epochs:

        constant: start
        linear:   start + (end - start) * e / (E - 1)
        rate:     start * rate(e) / rate0

    `rate` ties the L2 to the learning-rate schedule of the method. The factor
    multiplies that of the other methods: layers without L2 in an ascent stay
    without it.

    Example:
        >>> from seal_tf.schedules import L2Schedule, Normal
        >>> schedule = Normal(generations=1) + L2Schedule(start=0, end=2)

    Args:
        shape: "constant", "linear" or "rate". Defaults to "linear".
        start: Factor in the first epoch, at least 0. Defaults to 1.
        end: Factor in the last epoch of a linear schedule, at least 0.
            Defaults to 0.
    """

    shape: str = setting(
        "linear",
        "L2 over a generation: constant, linear, or proportional to the "
        "learning rate",
        choices=SHAPES,
    )
    start: float = setting(1.0, "factor of the L2 in the first epoch")
    end: float = setting(
        0.0,
        "factor of the L2 in the last epoch of a generation",
        requires=("l2_schedule_shape", "linear"),
    )

    name = "l2_schedule"
    is_modifier = True
    requires_decay = True
    # After the parts that set the learning rate.
    priority = 5

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise ValueError(
                f"Argument `shape` must be one of {', '.join(SHAPES)}. "
                f"Received: shape={self.shape!r}"
            )
        for name in ("start", "end"):
            value = getattr(self, name)
            if not 0 <= value < math.inf:
                raise ValueError(
                    f"Argument `{name}` must be finite and at least 0. "
                    f"Received: {name}={value}"
                )

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Multiply the L2 of every group."""
        return plan.compose_with(l2=self._factor(plan))

    def _factor(self, plan: EpochPlan) -> object:
        if self.shape == "constant":
            return self.start
        if self.shape == "linear":
            last = max(1, plan.epochs_per_generation - 1)
            position = plan.epoch_in_generation / last
            return self.start + (self.end - self.start) * position
        if plan.base_rate is None or plan.peak_rate is None:
            raise ValueError(
                "`shape='rate'` of l2_schedule requires a method that sets "
                "the learning rate: pass `learning_rate` to it."
            )
        return self.start * plan.base_rate[:, None] / plan.peak_rate

"""FreezeOut (Brock et al., 2017)."""

from __future__ import annotations

import dataclasses

import numpy as np

from seal_tf.schedules import learning_rates
from seal_tf.schedules.epoch_plan import EpochPlan, Run
from seal_tf.schedules.schedule import Schedule, setting

#: Exponent of the freezing time, by the name of the decay.
EXPONENTS = {"linear": 1, "squared": 2, "cubic": 3}


@dataclasses.dataclass(frozen=True, kw_only=True)
class FreezeOut(Schedule):
    """FreezeOut: anneal each layer group to zero, then freeze it.

    For group i of 0 … L in forward order and t the fraction of training that
    is done: u_i = t0 + (1 - t0) * i / L; t_i = u_i, u_i^2 or u_i^3;
    rate_i(t) = a_i / 2 * (1 + cos(pi * t / t_i)) until t_i, frozen after it;
    a_i = rate0, or rate0 / t_i if scaled (arXiv 1706.04983; the factor 1/2 is
    that of the official code). Step j of N has t = j / N. Freezing takes
    effect at the start of an epoch; until then the group takes no step. The
    last group trains to the end.

    In a composition t runs from 0 to 1 within a phase of descent, and every
    group is unfrozen at the start of the next one.

    Example:
        >>> from seal_tf.schedules import FreezeOut
        >>> schedule = FreezeOut(t0=0.5, learning_rate=0.1)

    Args:
        t0: Freezing time of the first group before the exponent, above 0 and
            at most 1. Defaults to 0.8.
        decay: Exponent of the freezing times: "linear", "squared" or
            "cubic". Defaults to "cubic".
        scaled: Whether groups that freeze early get a higher rate. Defaults
            to True.
        when: In a composition: freeze in "every" generation, or only in the
            "last". Defaults to "every".
        grouping: "blocks" (residual blocks), "stages" or "layers". Defaults
            to "blocks".
        learning_rate: rate0. None uses another part's rate or the
            optimizer's own.
    """

    t0: float = setting(
        0.8, "freezing time of the first group, before the exponent"
    )
    decay: str = setting(
        "cubic", "exponent of the freezing times", choices=tuple(EXPONENTS)
    )
    scaled: bool = setting(True, "give groups that freeze early a higher rate")
    when: str = setting(
        "every",
        "in a composition: freeze in every generation, or in the last",
        choices=("every", "last"),
    )
    grouping: str | None = setting(
        None,
        "layers that freeze together (default: blocks; stages for DenseNets)",
        flag="freezeout_groups",
        choices=("blocks", "stages", "layers"),
    )
    learning_rate: float | None = None

    name = "freezeout"
    freezes = True
    needs_steps = True
    priority = 2

    def __post_init__(self) -> None:
        if not 0 < self.t0 <= 1:
            raise ValueError(
                "Argument `t0` must be above 0 and at most 1. Received: "
                f"t0={self.t0}"
            )
        for field in dataclasses.fields(self):
            choices = field.metadata.get("choices")
            value = getattr(self, field.name)
            if choices and value is not None and value not in choices:
                raise ValueError(
                    f"Argument `{field.name}` must be one of "
                    f"{', '.join(choices)}. Received: {field.name}={value!r}"
                )
        if self.grouping is None:
            object.__setattr__(self, "grouping", "blocks")

    def check(self, epochs: int) -> None:
        """Check the settings against a run of `epochs` epochs.

        Raises:
            ValueError: If the learning rate is out of range.
        """
        learning_rates.check_rate(self.learning_rate, None, epochs)

    def times(self, groups: int) -> np.ndarray:
        """Return the freezing time t_i of each group.

        Args:
            groups: Number of groups.

        Returns:
            float64 [groups], as fractions of the training; the last is 1.
        """
        u = self.t0 + (1 - self.t0) * np.arange(groups) / max(1, groups - 1)
        u[-1] = 1
        return u ** EXPONENTS[self.decay]

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Set the rate of every group, and freeze groups at their time."""
        steps = run.require_steps()
        if self.learning_rate is not None:
            plan = plan.compose_with(
                base_rate=np.full(steps, self.learning_rate, np.float32)
            )
        last = plan.generation + 1 == plan.generations
        if plan.phase != "descent" or (self.when == "last" and not last):
            return plan
        completed = plan.phase_epoch * steps
        t = (completed + np.arange(steps)) / (plan.phase_epochs * steps)
        times = self.times(len(run.groups))
        moves = t[:, None] < times
        fraction = (1 + np.cos(np.pi * t[:, None] / times)) / 2
        if self.scaled:
            fraction = fraction / times
        return plan.compose_with(
            scale=np.where(moves, fraction, 0),
            l2=np.where(moves, 1, 0),
            frozen=max(plan.frozen, int((times <= t[0]).sum())),
        )

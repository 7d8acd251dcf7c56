"""FreezeOut (Brock et al., 2017): early groups stop training early."""

from __future__ import annotations

import dataclasses

import numpy as np

from seal_tf.schedules import rates
from seal_tf.schedules.plan import EpochPlan, Run, Schedule, setting

POWERS = {"linear": 1, "squared": 2, "cubic": 3}


@dataclasses.dataclass(frozen=True, kw_only=True)
class FreezeOut(Schedule):
    """Each group anneals to zero at a time of its own, then is frozen.

    Group i of 0 … L in forward order, t the fraction of training done:
    u_i = t0 + (1 - t0) * i / L; t_i = u_i, u_i^2 or u_i^3;
    rate_i(t) = a_i / 2 * (1 + cos(pi * t / t_i)) until t_i, frozen after;
    a_i = rate0, or rate0 / t_i if scaled (arXiv 1706.04983; the factor 1/2
    as in the official code). Step j of N has t = j / N. Freezing takes
    effect as an epoch begins; until then the group is held still. The last
    group trains to the end.

    In a composition t runs from 0 to 1 within a phase of descent, and
    everything thaws as the next begins.

    Args:
        t0: t_0 before the power, above 0 and at most 1.
        how: "linear", "squared" or "cubic".
        scaled: Whether groups that freeze early get a higher rate.
        when: In a composition: "every" generation, or only the "last".
        grouping: "blocks" (residual ones), "stages" or "layers".
        learning_rate: rate0. None: another part's rate, or the user's own.
    """

    t0: float = setting(0.8, "when the first group freezes, before the power")
    how: str = setting("cubic", "power of that time", choices=tuple(POWERS))
    scaled: bool = setting(True, "give groups that freeze early a higher rate")
    when: str = setting(
        "every",
        "in a composition: freeze in every generation, or in the last",
        choices=("every", "last"),
    )
    grouping: str | None = setting(
        None,
        "what freezes together (default: blocks; stages for DenseNets)",
        flag="freezeout_groups",
        choices=("blocks", "stages", "layers"),
    )
    learning_rate: float | None = None

    name = "freezeout"
    freezes = True
    needs_steps = True
    rank = 2

    def __post_init__(self) -> None:
        if not 0 < self.t0 <= 1:
            raise ValueError(
                f"`t0` must be above 0 and at most 1. Received: {self.t0}"
            )
        for field in dataclasses.fields(self):
            choices = field.metadata.get("choices")
            value = getattr(self, field.name)
            if choices and value is not None and value not in choices:
                raise ValueError(
                    f"`{field.name}` must be one of {', '.join(choices)}. "
                    f"Received: {value!r}"
                )
        if self.grouping is None:
            object.__setattr__(self, "grouping", "blocks")

    def check(self, epochs: int) -> None:
        rates.check_rate(self.learning_rate, None, epochs)

    def times(self, groups: int) -> np.ndarray:
        """t_i of each group, float64 [groups]; the last is 1."""
        u = self.t0 + (1 - self.t0) * np.arange(groups) / max(1, groups - 1)
        u[-1] = 1
        return u ** POWERS[self.how]

    def over(self, plan: EpochPlan, run: Run) -> EpochPlan:
        if self.owns_rate:
            plan = plan.changed(
                base_rate=np.full(run.counted, self.learning_rate, np.float32)
            )
        last = plan.generation + 1 == plan.generations
        if plan.phase != "descent" or (self.when == "last" and not last):
            return plan
        done = plan.phase_epoch * run.counted
        t = (done + np.arange(run.counted)) / (plan.phase_epochs * run.counted)
        times = self.times(len(run.groups))
        moves = t[:, None] < times
        share = (1 + np.cos(np.pi * t[:, None] / times)) / 2
        if self.scaled:
            share = share / times
        return plan.changed(
            scale=np.where(moves, share, 0),
            l2=np.where(moves, 1, 0),
            frozen=max(plan.frozen, int((times <= t[0]).sum())),
        )

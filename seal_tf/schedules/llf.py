"""LLF, later-layer forgetting (Zhou et al., ICLR 2022)."""

from __future__ import annotations

import dataclasses
from typing import Any

from seal_tf.schedules.events import Redraw
from seal_tf.schedules.generational import Generational
from seal_tf.schedules.plan import EpochPlan, Run, setting

LAWS = ("reference", "initializer")


@dataclasses.dataclass(frozen=True, kw_only=True)
class LLF(Generational):
    """Later layers' kernels are drawn anew as a generation begins.

    At the start of every generation but the first, Conv and Dense kernels of
    the later layers get a fresh random draw; biases, BatchNormalization's
    gamma, beta and statistics stay; the optimizer is made new and the rate
    schedule restarts. Everything always descends. (arXiv 2202.00155 and
    official code. Its "N10" is ten generations *after* the first.)

    Args:
        split_at: Where early layers end; see `seal_tf.training.groups`.
        law: "reference", uniform +-1/sqrt(fan_in) as in the official code
            (2.45 times narrower than He-normal), or "initializer", the
            layer's own.
        seed: Seed of the draws, with generation and layer.

    The other arguments are those of `Generational`.
    """

    split_at: Any = None
    law: str = setting(
        "reference",
        "law of the redraw: the official code's uniform +-1/sqrt(fan_in), or "
        "each layer's own initializer",
        choices=LAWS,
    )
    seed: int = 0

    name = "llf"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.law not in LAWS:
            raise ValueError(
                f"`law` must be one of {', '.join(LAWS)}. Received: "
                f"{self.law!r}"
            )

    def over(self, plan: EpochPlan, run: Run) -> EpochPlan:
        plan = super().over(plan, run)
        if not self.forgets(plan) or plan.epoch_in_generation:
            return plan
        later = tuple(not early for early in run.early)
        number = plan.generation + self.first_generation
        return plan.changed(
            before=(Redraw(number, later, self.law, self.seed),)
        )

"""LLF, later-layer forgetting (Zhou et al., ICLR 2022)."""

from __future__ import annotations

import dataclasses
from typing import Any

from seal_tf.schedules.epoch_plan import EpochPlan, Run
from seal_tf.schedules.events import Reinitialize
from seal_tf.schedules.generational import Generational
from seal_tf.schedules.schedule import setting

DISTRIBUTIONS = ("reference", "initializer")


@dataclasses.dataclass(frozen=True, kw_only=True)
class LLF(Generational):
    """LLF: reinitialize the kernels of later layers every generation.

    At the start of every generation but the first, the convolution and dense
    kernels of the later layers get new random values. Biases and the gamma,
    beta and statistics of BatchNormalization stay. The optimizer is reset and
    the learning-rate schedule restarts. Every layer descends in every epoch.
    (arXiv 2202.00155 and its official code. Its "N10" has ten generations
    *after* the first.)

    Example:
        >>> from seal_tf.schedules import LLF
        >>> schedule = LLF(generations=4, split_at="conv4_block1")

    Args:
        split_at: Where early layers end; see `seal_tf.training.layer_groups`.
        reinit: Distribution of the new kernels: "reference", uniform in
            ±1/sqrt(fan_in) as in the official code (its standard deviation
            is 2.45 times smaller than that of He-normal), or "initializer",
            the layer's own. Defaults to "reference".
        seed: Random seed, combined with the generation and the layer.
            Defaults to 0.

    The other arguments are those of `Generational`.
    """

    split_at: Any = None
    reinit: str = setting(
        "reference",
        "distribution of the new kernels: reference (uniform in "
        "+-1/sqrt(fan_in), as in the official code) or initializer (the "
        "layer's own)",
        choices=DISTRIBUTIONS,
    )
    seed: int = 0

    name = "llf"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.reinit not in DISTRIBUTIONS:
            raise ValueError(
                f"Argument `reinit` must be one of {', '.join(DISTRIBUTIONS)}. "
                f"Received: reinit={self.reinit!r}"
            )

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Add the reinitialization at the start of a generation."""
        plan = super().apply(plan, run)
        if not self.forgets(plan) or plan.epoch_in_generation:
            return plan
        later = tuple(not early for early in run.early)
        generation = plan.generation + self.first_generation
        return plan.compose_with(
            before=(Reinitialize(generation, later, self.reinit, self.seed),)
        )

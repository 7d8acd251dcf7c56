"""Shrink and perturb (Ash and Adams, NeurIPS 2020)."""

from __future__ import annotations

import dataclasses
from typing import Any

from seal_tf.schedules.epoch_plan import EpochPlan, Run
from seal_tf.schedules.events import ShrinkAndPerturb
from seal_tf.schedules.generational import Generational
from seal_tf.schedules.schedule import setting

LAYERS = ("all", "later")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ShrinkPerturb(Generational):
    """Shrink and perturb the weights at the start of every generation.

    At the start of every generation but the first, each trainable weight w
    becomes shrink * w + perturb * v, with v a fresh draw of the weight's own
    initializer. Kernels, biases, and the gamma and beta of BatchNormalization
    change; its statistics stay. The optimizer is reset and the learning-rate
    schedule restarts. (arXiv 1910.08475, section 4, and its official code,
    whose factors are the defaults. The code draws the statistics of
    BatchNormalization again, too.)

    Example:
        >>> from seal_tf.schedules import ShrinkPerturb
        >>> schedule = ShrinkPerturb(generations=4, shrink=0.6, perturb=0.05)

    Args:
        shrink: Factor of the weights, from 0 (nothing stays) to 1 (nothing
            shrinks). Defaults to 0.4.
        perturb: Factor of the fresh draw, at least 0. Defaults to 0.1.
        layers: Layers that change: "all", or "later" for those after
            `split_at`. Defaults to "all".
        split_at: Where early layers end; see `seal_tf.training.layer_groups`.
            With `layers="all"` it has no effect on this method.
        seed: Random seed, combined with the generation and the weight.
            Defaults to 0.

    The other arguments are those of `Generational`.
    """

    split_at: Any = None
    shrink: float = setting(
        0.4, "factor of the weights, from 0 to 1", flag="shrink"
    )
    perturb: float = setting(
        0.1,
        "factor of a fresh draw of the initial weights, at least 0",
        flag="perturb",
    )
    layers: str = setting(
        "all",
        "layers that shrink: all, or those after --split_at",
        None,
        LAYERS,
    )
    seed: int = 0

    name = "shrink_perturb"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.shrink <= 1:
            raise ValueError(
                "Argument `shrink` must be between 0 and 1. Received: "
                f"shrink={self.shrink}"
            )
        if not 0 <= self.perturb < float("inf"):
            raise ValueError(
                "Argument `perturb` must be finite and at least 0. Received: "
                f"perturb={self.perturb}"
            )
        if self.layers not in LAYERS:
            raise ValueError(
                f"Argument `layers` must be one of {', '.join(LAYERS)}. "
                f"Received: layers={self.layers!r}"
            )
        if self.layers == "later" and self.split_at is None:
            raise ValueError(
                "`layers='later'` requires `split_at`, where the later layers "
                "start. Received: split_at=None"
            )

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Add the change of the weights at the start of a generation."""
        plan = super().apply(plan, run)
        if not self.forgets(plan) or plan.epoch_in_generation:
            return plan
        groups = tuple(self.layers == "all" or not e for e in run.early)
        event = ShrinkAndPerturb(
            plan.generation + self.first_generation,
            groups,
            self.shrink,
            self.perturb,
            self.seed,
        )
        return plan.compose_with(before=(event,))

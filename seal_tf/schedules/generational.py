"""What normal training and the forgetting methods have in common."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from seal_tf.schedules import rates
from seal_tf.schedules.events import ResetOptimizer
from seal_tf.schedules.generations import Generations
from seal_tf.schedules.plan import EpochPlan, Run, Schedule, setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class Generational(Schedule):
    """Generations of equal length, each with its own cosine if a rate is given.

    Args:
        generations: G, or None to find it from `epochs_per_generation`.
        epochs_per_generation: E, or None to find it from `generations`.
        first_generation: Number of the run's first generation: 1 for a
            network that is trained already.
        learning_rate: Base rate of the paper's schedule (`rates`), restarting
            with every generation. None: the user's own rate stays in charge.
        warmup_epochs: Warm-up of that schedule. Defaults to `E // 8`.
        reset_optimizer: Whether the optimizer is made new at the start of
            every generation but the first.
    """

    generations: int | None = None
    epochs_per_generation: int | None = None
    first_generation: int = setting(
        0,
        "0, or 1 for a network that is trained already (see --init_from): "
        "its first generation forgets, too",
        flag="first_generation",
    )
    learning_rate: float | None = None
    warmup_epochs: int | None = setting(
        None,
        "epochs of linear warm-up in each generation (default: an eighth of "
        "a generation)",
        flag="warmup_epochs",
    )
    reset_optimizer: bool = setting(
        True,
        "make the optimizer new at the start of every generation but the "
        "first, and where ascent ends",
        flag="reset_optimizer",
    )

    def __post_init__(self) -> None:
        if self.first_generation not in (0, 1):
            raise ValueError(
                "`first_generation` is 0 (from scratch) or 1 (the network is "
                f"trained already). Received: {self.first_generation}"
            )

    def laid_over(self, epochs: int) -> Generations:
        return Generations.resolve(
            epochs, self.generations, self.epochs_per_generation
        )

    def check(self, epochs: int) -> None:
        length = self.laid_over(epochs).length
        rates.check_rate(self.learning_rate, self.warmup_epochs, length)

    def forgets(self, plan: EpochPlan) -> bool:
        """Whether the epoch's generation is one that begins by forgetting."""
        return plan.generation + self.first_generation > 0

    def over(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """The rate of the generation, and a new optimizer as it begins."""
        new = (
            self.reset_optimizer
            and self.forgets(plan)
            and plan.epoch_in_generation == 0
        )
        plan = plan.changed(before=(ResetOptimizer(),) if new else ())
        if self.learning_rate is None:
            return plan
        rate = self._rate(self.learning_rate, plan)
        return plan.changed(base_rate=np.array([rate], np.float32))

    def _rate(self, base: Any, plan: Any) -> float:
        length, warmup = plan.epochs_per_generation, self.warmup_epochs
        if warmup is None:
            warmup = rates.default_warmup(length)
        return rates.warmup_cosine(
            plan.epoch_in_generation, length, base, warmup
        )

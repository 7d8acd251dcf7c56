"""The base class of methods that divide a run into generations."""

from __future__ import annotations

import dataclasses

import numpy as np

from seal_tf.schedules import learning_rates
from seal_tf.schedules.epoch_plan import EpochPlan, Run
from seal_tf.schedules.events import ResetOptimizer
from seal_tf.schedules.generations import Generations
from seal_tf.schedules.schedule import Schedule, check_seed, setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class Generational(Schedule):
    """Base class of methods with generations of equal length.

    If a learning rate is set, each generation has its own warm-up and cosine.

    Args:
        generations: Number of generations G. None derives it from
            `epochs_per_generation`.
        epochs_per_generation: Epochs per generation E. None derives it from
            `generations`.
        first_generation: Number of the first generation of the run: 0, or 1
            for a network that is already trained. Defaults to 0.
        learning_rate: Base rate of the warm-up and cosine of each generation
            (`learning_rates.warmup_cosine`). None uses the optimizer's own
            rate.
        warmup_epochs: Warm-up of that schedule, in epochs. Defaults to
            `E // 8`.
        decay_epochs: Epochs of the cosine at the end of each generation; the
            rate is constant before it. None decays from the end of the
            warm-up.
        reset_optimizer: Whether to reset the optimizer at the start of every
            generation but the first. Defaults to True.
    """

    generations: int | None = None
    epochs_per_generation: int | None = None
    first_generation: int = setting(
        0,
        "0, or 1 for a network that is already trained (see --init_from): "
        "then the first generation forgets, too",
        flag="first_generation",
    )
    learning_rate: float | None = None
    warmup_epochs: int | None = setting(
        None,
        "epochs of linear warm-up in each generation (default: an eighth of "
        "a generation)",
        flag="warmup_epochs",
    )
    decay_epochs: int | None = setting(
        None,
        "epochs of the cosine at the end of each generation, after a constant "
        "rate (default: all epochs after the warm-up)",
        flag="decay_epochs",
    )
    reset_optimizer: bool = setting(
        True,
        "reset the optimizer at the start of every generation but the first, "
        "and at the end of each ascent",
        flag="reset_optimizer",
    )

    defines_generations = True

    def __post_init__(self) -> None:
        if self.first_generation not in (0, 1):
            raise ValueError(
                "Argument `first_generation` must be 0 (train from scratch) "
                "or 1 (the network is already trained). Received: "
                f"first_generation={self.first_generation}"
            )
        # A method that draws random numbers has a seed.
        check_seed(getattr(self, "seed", 0))

    def generation_layout(self, epochs: int) -> Generations:
        """Return the generations of a run of `epochs` epochs."""
        return Generations.resolve(
            epochs, self.generations, self.epochs_per_generation
        )

    def check(self, epochs: int) -> None:
        """Check the settings against a run of `epochs` epochs.

        Raises:
            ValueError: If the settings do not fit.
        """
        length = self.generation_layout(epochs).length
        learning_rates.check_rate(
            self.learning_rate, self.warmup_epochs, length, self.decay_epochs
        )

    def forgets(self, plan: EpochPlan) -> bool:
        """Return whether the generation of `plan` starts by forgetting."""
        return plan.generation + self.first_generation > 0

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Set the rate, and reset the optimizer at a generation's start."""
        resets = (
            self.reset_optimizer
            and self.forgets(plan)
            and plan.epoch_in_generation == 0
        )
        plan = plan.compose_with(before=(ResetOptimizer(),) if resets else ())
        if self.learning_rate is None:
            return plan
        rate = self._rate(self.learning_rate, plan)
        return plan.compose_with(base_rate=np.array([rate], np.float32))

    def _rate(self, base: float, plan: EpochPlan) -> float:
        length, warmup = plan.epochs_per_generation, self.warmup_epochs
        if warmup is None:
            warmup = learning_rates.default_warmup(length)
        return learning_rates.warmup_cosine(
            plan.epoch_in_generation, length, base, warmup, self.decay_epochs
        )

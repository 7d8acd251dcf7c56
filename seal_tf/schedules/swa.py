"""Stochastic weight averaging, SWA (Izmailov et al., UAI 2018)."""

from __future__ import annotations

import dataclasses
import numbers

import numpy as np

from seal_tf.schedules.epoch_plan import EpochPlan, Run
from seal_tf.schedules.events import AverageWeights
from seal_tf.schedules.generational import Generational
from seal_tf.schedules.schedule import setting

AVERAGES = ("epochs", "generations")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SWA(Generational):
    """SWA: average the weights at the ends of epochs or of generations.

    After n weights the average is (n * average + w) / (n + 1), the running
    mean of arXiv 1803.05407, algorithm 1. Training does not see it. The
    statistics of BatchNormalization of the averaged network are computed from
    training data: an average of statistics is not the statistics of the
    averaged network.

    Example:
        >>> from seal_tf.schedules import SWA, Snapshots
        >>> constant = SWA(generations=1, count=10, learning_rate=0.1)
        >>> cyclical = SWA(generations=5, average="generations") + Snapshots()

    Args:
        average: What is averaged: "epochs", the weights at the ends of the
            last `count` epochs of each generation, which starts a new
            average; or "generations", the weights at the ends of the last
            `count` generations of the run, as `Snapshots` saves them.
            Defaults to "epochs".
        count: Number of averaged weights, at least 2. None averages a quarter
            of the epochs of a generation, at least 2, or all generations.
        min_rate: Lowest learning rate in epochs whose weights are averaged;
            the schedule falls to this value and stays there. Averages of
            weights that no longer move gain nothing. None keeps the schedule.

    The other arguments are those of `Generational`.
    """

    average: str = setting(
        "epochs",
        "what is averaged: the ends of the last epochs of each generation, or "
        "the ends of the last generations",
        choices=AVERAGES,
    )
    count: int | None = setting(
        None,
        "number of averaged weights (default: a quarter of the epochs of a "
        "generation, at least 2, or all generations)",
    )
    min_rate: float | None = setting(
        None, "lowest learning rate in epochs whose weights are averaged"
    )

    name = "swa"
    keeps_weights = True
    priority = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.average not in AVERAGES:
            raise ValueError(
                f"Argument `average` must be one of {', '.join(AVERAGES)}. "
                f"Received: average={self.average!r}"
            )
        if not isinstance(self.count, numbers.Integral | None):
            raise ValueError(
                "Argument `count` must be an integer or None. Received: "
                f"count={self.count!r}"
            )
        if self.min_rate is not None and not 0 < self.min_rate < float("inf"):
            raise ValueError(
                "Argument `min_rate` must be finite and above 0. Received: "
                f"min_rate={self.min_rate}"
            )

    def check(self, epochs: int) -> None:
        """Check the settings against a run of `epochs` epochs.

        Raises:
            ValueError: If `count` is not between 2 and the number of epochs
                of a generation, or of generations.
        """
        super().check(epochs)
        layout = self.generation_layout(epochs)
        most, unit = layout.length, "epochs per generation"
        if self.average == "generations":
            most, unit = layout.count, "generations"
        if most < 2:
            raise ValueError(
                f"`average={self.average}` averages at least 2 weights, and "
                f"the run has {most} {unit}: use more of them, or the other "
                "`average`."
            )
        if self.count is not None and not 2 <= self.count <= most:
            raise ValueError(
                f"Argument `count` must be between 2 and the {most} {unit}. "
                f"Received: count={self.count}"
            )

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Add the average at the end of an epoch, and hold the rate."""
        plan = super().apply(plan, run)
        length, position = plan.epochs_per_generation, plan.epoch_in_generation
        default = max(2, length // 4)
        if self.average == "generations":
            if not plan.last_of_generation:
                return plan
            length, position = plan.generations, plan.generation
            default = length
        index = position - (length - (self.count or default))
        if index < 0:
            return plan
        plan = plan.compose_with(after=(AverageWeights(index == 0),))
        if self.min_rate is None:
            return plan
        if plan.base_rate is None:
            raise ValueError(
                "Argument `min_rate` requires `learning_rate`, which it "
                f"bounds. Received: min_rate={self.min_rate}"
            )
        rate = np.maximum(plan.base_rate, np.float32(self.min_rate))
        return plan.compose_with(base_rate=rate)

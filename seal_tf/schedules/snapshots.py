"""Snapshot ensembles (Huang et al., ICLR 2017)."""

from __future__ import annotations

import dataclasses

import numpy as np

from seal_tf.schedules import learning_rates
from seal_tf.schedules.epoch_plan import EpochPlan, Run
from seal_tf.schedules.events import SaveSnapshot
from seal_tf.schedules.generations import Generations
from seal_tf.schedules.schedule import Schedule, setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class Snapshots(Schedule):
    """Snapshot ensembles: save a snapshot at the end of every cosine cycle.

    With T steps in M cycles of T/M steps, step j of a cycle, counted from 1,
    has the learning rate rate0 / 2 * (cos(pi * j / (T/M)) + 1), so the last
    step of a cycle has rate 0. This is the count of the official code;
    equation 2 of arXiv 1704.00109 has j - 1. The snapshot is saved at the end
    of a cycle, before the restart. Momentum continues through the restart.
    Cycles end at the end of an epoch.

    Example:
        >>> from seal_tf.schedules import Snapshots
        >>> schedule = Snapshots(cycles=5, learning_rate=0.2)

    Args:
        cycles: Number of cycles M. In a composition, None uses one cycle for
            each generation.
        learning_rate: rate0. None uses another part's rate or the
            optimizer's own.
    """

    cycles: int | None = setting(
        None, "cycles, each of which saves a snapshot (default: generations)"
    )
    learning_rate: float | None = None

    name = "snapshots"
    priority = 3

    @property
    def needs_steps(self) -> bool:
        """Whether the plan depends on the step within the epoch."""
        return self.owns_rate

    def generation_layout(self, epochs: int) -> Generations:
        """Return one generation for each cycle."""
        return Generations.resolve(epochs, self.cycles or 1, None)

    def check(self, epochs: int) -> None:
        """Check the settings against a run of `epochs` epochs.

        Raises:
            ValueError: If `cycles` does not divide `epochs`.
        """
        if self.cycles is not None and (
            self.cycles < 1 or epochs % self.cycles
        ):
            divisors = [d for d in range(1, epochs + 1) if epochs % d == 0]
            raise ValueError(
                f"Argument `cycles` must divide the {epochs} epochs (one of "
                f"{divisors}). Received: cycles={self.cycles}"
            )
        learning_rates.check_rate(self.learning_rate, None, epochs)

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Set the cyclic rate, and save a snapshot at the end of a cycle."""
        if self.learning_rate is not None:
            cosine = self._cosine(plan, run)
            rate = np.float32(self.learning_rate / 2 * cosine)
            plan = plan.compose_with(base_rate=rate)
        if not plan.last_of_generation:
            return plan
        return plan.compose_with(after=(SaveSnapshot(plan.generation),))

    def _cosine(self, plan: EpochPlan, run: Run) -> np.ndarray:
        """cos(…) + 1 of each step of the epoch, float64 [steps]."""
        steps = run.require_steps()
        cycle = plan.epochs_per_generation * steps
        within = plan.epoch_in_generation * steps + np.arange(1, steps + 1)
        return np.cos(np.pi * within / cycle) + 1

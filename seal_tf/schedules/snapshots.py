"""Snapshot ensembles (Huang et al., ICLR 2017)."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from seal_tf.schedules import rates
from seal_tf.schedules.events import KeepSnapshot
from seal_tf.schedules.generations import Generations
from seal_tf.schedules.plan import EpochPlan, Run, Schedule, setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class Snapshots(Schedule):
    """A snapshot at the end of every cycle of a cosine that restarts.

    With T steps in M cycles, step t from 1 has the rate
    rate0 / 2 * (cos(pi * ((t-1) mod ceil(T/M)) / ceil(T/M)) + 1)
    (arXiv 1704.00109, equation 2); the snapshot is kept at the cycle's end,
    before the restart; momentum is kept across it. Cycles end at an epoch's
    end.

    Args:
        cycles: M. In a composition, None: as many as there are generations.
        learning_rate: rate0. None: another part's rate, or the user's own.
    """

    cycles: int | None = setting(
        None, "cycles, each of which leaves a snapshot (default: generations)"
    )
    learning_rate: float | None = None

    name = "snapshots"
    rank = 3

    @property
    def needs_steps(self) -> bool:
        return self.owns_rate

    def laid_over(self, epochs: int) -> Generations:
        return Generations.resolve(epochs, self.cycles or 1, None)

    def check(self, epochs: int) -> None:
        if self.cycles is not None and (
            self.cycles < 1 or epochs % self.cycles
        ):
            raise ValueError(
                "cycles must end at an epoch's end. Received: cycles="
                f"{self.cycles} in {epochs} epochs; "
                f"{[d for d in range(1, epochs + 1) if epochs % d == 0]} "
                "would do."
            )
        rates.check_rate(self.learning_rate, None, epochs)

    def over(self, plan: EpochPlan, run: Run) -> EpochPlan:
        if self.learning_rate is not None:
            shares = self._shares(plan, run)
            rate = np.float32(self.learning_rate / 2 * shares)
            plan = plan.changed(base_rate=rate)
        if not plan.last_of_generation:
            return plan
        return plan.changed(after=(KeepSnapshot(plan.generation),))

    def _shares(self, plan: Any, run: Any) -> np.ndarray:
        """The rate as a share of half of rate0, float64 [steps]."""
        cycle = plan.epochs_per_generation * run.counted
        within = plan.epoch_in_generation * run.counted + np.arange(run.counted)
        return np.cos(np.pi * within / cycle) + 1

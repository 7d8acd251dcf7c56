"""Ascents made smaller, after a run in which the loss was no longer finite."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from seal_tf.schedules.plan import EpochPlan, Plan


@dataclasses.dataclass(frozen=True)
class Easing:
    """The ascent steps of some epochs, with a smaller S.

    Args:
        first: First epoch.
        end: The epoch after the last.
        share: What S is multiplied by; where S is found, the bound.
    """

    first: int
    end: int
    share: float = 0.5

    def over(self, plan: EpochPlan) -> EpochPlan:
        """This easing laid over an `EpochPlan`."""
        if not self.first <= plan.epoch < self.end:
            return plan
        if plan.keep is None or plan.bound is None:
            return plan.changed(scale=np.where(plan.sign < 0, self.share, 1))
        # An S that is found would find its way back up: its steps are
        # bounded more tightly instead.
        return plan.changed(bound=plan.bound * self.share)

    def said(self, plan: Plan, share: float) -> str:
        """What is a share of what it was, and in which epochs, in words."""
        epoch = plan.epoch(self.first)
        bounded = self.over(epoch).bound != epoch.bound
        what = "the bound of a step" if bounded else "S"
        return f"{what} x {share:g} in epochs {self.first + 1} to {self.end}"


def easing_before(plan: Plan, epoch: int) -> Easing | None:
    """Half of S for the ascent that came last before an epoch went wrong.

    Args:
        plan: The `Plan` of the run.
        epoch: The epoch that went wrong.

    Returns:
        The easing of that whole phase; None where nothing ascended before.
    """
    for e in range(epoch, -1, -1):
        found = plan.epoch(e)
        if found.ascends:
            first = e - found.phase_epoch
            return Easing(first, first + found.phase_epochs)
    return None

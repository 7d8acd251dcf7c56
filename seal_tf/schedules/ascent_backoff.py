"""Smaller ascents after a run in which the loss diverged."""

from __future__ import annotations

import dataclasses

import numpy as np

from seal_tf.schedules.epoch_plan import EpochPlan


@dataclasses.dataclass(frozen=True)
class AscentBackoff:
    """Reduce the ascent steps of some epochs.

    Args:
        first_epoch: First epoch.
        end_epoch: The epoch after the last one.
        factor: Factor of S. Where S is searched, factor of the update clip.
    """

    first_epoch: int
    end_epoch: int
    factor: float = 0.5

    def apply(self, plan: EpochPlan) -> EpochPlan:
        """Return `plan` with this backoff applied."""
        if not self.first_epoch <= plan.epoch < self.end_epoch:
            return plan
        if plan.retain is None or plan.update_clip is None:
            return plan.compose_with(
                scale=np.where(plan.sign < 0, self.factor, 1)
            )
        # The search would raise a smaller S again, so the backoff clips the
        # updates more tightly instead.
        return plan.compose_with(update_clip=plan.update_clip * self.factor)

    def describe(self, plan: EpochPlan, factor: float) -> str:
        """Describe the reduced quantity and its epochs.

        Args:
            plan: Plan of the first epoch, without this backoff.
            factor: Factor of all backoffs of these epochs together.
        """
        clipped = self.apply(plan).update_clip != plan.update_clip
        quantity = "the update clip" if clipped else "S"
        return (
            f"{quantity} x {factor:g} in epochs {self.first_epoch + 1} to "
            f"{self.end_epoch}"
        )

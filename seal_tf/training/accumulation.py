"""Check a plan against gradient accumulation."""

from __future__ import annotations

import numpy as np

from seal_tf.schedules import EpochPlan, Plan, ResetOptimizer

#: What a plan sets for each group and step.
_QUANTITIES = ("scale", "sign", "l2")


def check_accumulation(plan: Plan, steps_per_update: int, offset: int) -> None:
    """Check that each update has one sign, one scale and one decay.

    Under gradient accumulation an update sums the gradients of several
    micro-steps. The signs act on each gradient and the scale on the update,
    so both must be constant within the micro-steps of one update.

    Args:
        plan: The plan of the run.
        steps_per_update: Micro-steps of one update.
        offset: Micro-steps since the last complete update when fit starts.

    Raises:
        ValueError: If an update spans two phases of the plan, or steps have
            a second pass.
    """
    if plan.perturbs:
        raise ValueError(
            f"{plan.schedule.name} and `gradient_accumulation_steps="
            f"{steps_per_update}` are incompatible: the perturbed weights of "
            "sam are those of one batch, and an update sums the gradients of "
            "several. Use a larger batch instead."
        )
    if not _varies(plan):
        return
    steps = plan.run.require_steps()
    schedule = plan.schedule
    if schedule.needs_steps and (steps % steps_per_update or offset):
        raise ValueError(
            f"{schedule.name} changes within an epoch, so the "
            f"{steps} steps of an epoch must be a multiple of "
            f"`gradient_accumulation_steps`. Received: "
            f"gradient_accumulation_steps={steps_per_update}"
        )
    pending = offset
    previous: EpochPlan | None = None
    for epoch in plan:
        changes = ResetOptimizer() in epoch.before or (
            previous is not None and not _same_row(previous, epoch)
        )
        if changes and pending:
            raise ValueError(
                f"An update of `gradient_accumulation_steps="
                f"{steps_per_update}` would span the start of epoch "
                f"{epoch.epoch + 1} ({epoch.title()}), where the plan "
                f"changes. Use a number of steps per epoch that is a multiple "
                f"of {steps_per_update}. Received: {steps} steps per epoch"
            )
        pending = (pending + steps) % steps_per_update
        previous = epoch


def _varies(plan: Plan) -> bool:
    """Whether signs, scales or decay differ from plain descent anywhere."""
    return any(
        ResetOptimizer() in epoch.before
        or any((getattr(epoch, name) != 1).any() for name in _QUANTITIES)
        for epoch in plan
    )


def _same_row(previous: EpochPlan, epoch: EpochPlan) -> bool:
    """Whether the last row of an epoch equals the first of the next one."""
    return all(
        np.array_equal(getattr(previous, name)[-1], getattr(epoch, name)[0])
        for name in _QUANTITIES
    )

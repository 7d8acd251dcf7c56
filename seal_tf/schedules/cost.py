"""The cost of a plan, as fractions of its forward and backward work."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seal_tf.schedules.plan import Plan


def frozen_saving(plan: Plan, costs: Sequence[int]) -> float:
    """Return the fraction of the work that freezing saves.

    A backward pass counts as two forward passes. A frozen group has a forward
    pass only. The epochs of the plan count, because freezing takes effect at
    the start of an epoch.

    Args:
        plan: The plan of the run.
        costs: Multiply-adds of one forward pass, for each group.

    Returns:
        A number from 0 (nothing frozen) to 2/3 (everything frozen).
    """
    multiply_adds = np.asarray(costs, float)
    frozen = np.array([multiply_adds[: e.frozen].sum() for e in plan])
    return float(2 * frozen.mean() / (3 * multiply_adds.sum()))


def teacher_passes(plan: Plan) -> float:
    """Return the forward passes of teachers for each step, averaged.

    One of them is a third of the work of a step, a forward and a backward
    pass that counts as two forward passes.

    Args:
        plan: The plan of the run.
    """
    passes = [e.distill.teachers if e.distill else 0 for e in plan]
    return float(np.mean(passes))


def passes_per_step(plan: Plan) -> float:
    """Return the forward and backward passes of a step, on average.

    A step at perturbed weights (SAM) has two of each.
    """
    return float(np.mean([1 + (e.perturbation is not None) for e in plan]))


def freezeout_estimates(
    times: Sequence[float] | np.ndarray, costs: Sequence[int]
) -> dict[str, float]:
    """Return FreezeOut's saving by formula, from the freezing times alone.

    Args:
        times: Freezing time t_i of each group, as a fraction of the run.
        costs: Multiply-adds c_i of one forward pass, for each group.

    Returns:
        "ours": 1 - (sum c + 2 sum c_i t_i) / (3 sum c). "official", where a
        backward pass costs as much as a forward pass:
        1 - (sum c + sum c_i t_i) / (2 sum c).
    """
    multiply_adds = np.asarray(costs, float)
    whole = multiply_adds.sum()
    trained = (multiply_adds * np.asarray(times, float)).sum()
    return {
        "ours": float(1 - (whole + 2 * trained) / (3 * whole)),
        "official": float(1 - (whole + trained) / (2 * whole)),
    }


def retrace_epochs(plan: Plan) -> list[int]:
    """Return the epochs at which the frozen prefix changes.

    Each of them retraces the train step.
    """
    frozen = [e.frozen for e in plan]
    return [
        i
        for i in range(len(frozen))
        if frozen[i] != (frozen[i - 1] if i else 0)
    ]

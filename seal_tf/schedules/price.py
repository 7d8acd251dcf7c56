"""What a plan costs, before it is paid: shares of forward and backward work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from seal_tf.schedules.plan import Plan


def saving(plan: Plan, costs: Sequence[int]) -> float:
    """Share of the forward and backward work that freezing saves.

    A backward pass counts as two forward ones; a frozen group has the
    forward pass only. The plan's own epochs are counted, so that freezing
    takes effect where it really does, as an epoch begins.

    Args:
        plan: The `Plan`.
        costs: Multiply-adds of a forward pass, by group.

    Returns:
        0 for a plan that freezes nothing; 2/3 if everything were frozen.
    """
    each = np.asarray(costs, float)
    frozen = np.array([each[: e.frozen].sum() for e in plan])
    return float(2 * frozen.mean() / (3 * each.sum()))


def estimates(times: Any, costs: Sequence[int]) -> dict[str, float]:
    """FreezeOut's saving by formula, from the freezing times alone.

    Args:
        times: t_i of each group.
        costs: Multiply-adds of a forward pass, by group.

    Returns:
        "ours": 1 - (sum c + 2 sum c_i t_i) / (3 sum c); "official", where a
        backward pass costs as much as a forward one:
        1 - (sum c + sum c_i t_i) / (2 sum c).
    """
    each = np.asarray(costs, float)
    whole, trained = each.sum(), (each * np.asarray(times, float)).sum()
    return {
        "ours": float(1 - (whole + 2 * trained) / (3 * whole)),
        "official": float(1 - (whole + trained) / (2 * whole)),
    }


def freezes(plan: Plan) -> list[int]:
    """Epochs at which the frozen prefix changes: each one re-traces."""
    frozen = [e.frozen for e in plan]
    return [
        i
        for i in range(len(frozen))
        if frozen[i] != (frozen[i - 1] if i else 0)
    ]

"""SEAL, simulated annealing in early layers (Sarfi et al., CVPR 2023)."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from seal_tf.schedules.events import ResetOptimizer
from seal_tf.schedules.generational import Generational
from seal_tf.schedules.plan import EpochPlan, Run, setting

#: S that is found while the layers ascend.
AUTO = "auto"
#: The bound of a step where S is found.
BOUND = 0.02


def check_scale(ascent_scale: float | str) -> None:
    """Raises ValueError for an S that cannot be."""
    if isinstance(ascent_scale, str):
        raise ValueError(
            "`ascent_scale` (S) is a number here: only SEAL's can be "
            f"found by 'auto'. Received: {ascent_scale!r}"
        )
    if not math.isfinite(ascent_scale) or ascent_scale < 0:
        raise ValueError(
            "`ascent_scale` (S) must be finite and not negative; ascent "
            f"is already the opposite sign. Received: {ascent_scale}"
        )


ASCENT_SCALE = setting(
    0.01,
    "S: the share of the ordinary step that an ascent step takes; auto: it "
    "is found during the ascent, see --keep",
    flag="ascent_scale",
    words=(AUTO,),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SEAL(Generational):
    """Later layers always descend; early ones ascend as a generation begins.

    In the first k epochs of every generation but the first, early layers
    take the ordinary step times -S, without decay; then they descend again.
    The optimizer is made new at both switches; the rate schedule goes on
    through the second. (arXiv 2304.04858, section 3 and official code.)

    Args:
        split_at: Where early layers end; see `seal_tf.training.groups`.
        ascent_scale: S, at least 0. Defaults to the published 0.01. "auto":
            it is found during each ascent (`seal_tf.schedules.forgetting`,
            ours).
        keep: With "auto", what is to be left of the training accuracy above
            chance as an ascent ends, between 0 and 1. Defaults to 0.5.
        ascent_bound: The most that an ascent step moves a layer's weights,
            as a share of their norm. Defaults to none; to 0.02 with "auto".
        ascent_epochs: k. Defaults to a quarter of a generation, at least 1.
        ascend: Who ascends: "early", or for ablations "later" or "all".
        hold_rest: Whether the others are held still meanwhile (an ablation).
        ascent_l2: Share of its decay that an ascending layer gets (an
            ablation). Defaults to 0, as published.

    The other arguments are those of `Generational`.
    """

    split_at: Any = None
    ascent_scale: float | str = ASCENT_SCALE
    keep: float = setting(
        0.5,
        "with --ascent_scale=auto: what is to be left of the training "
        "accuracy above chance as an ascent ends",
        flag="keep",
        with_word=("ascent_scale", AUTO),
    )
    ascent_bound: float | None = setting(
        None,
        "the most that an ascent step moves a layer's weights, as a share of "
        f"their norm (default: none; {BOUND} with --ascent_scale=auto)",
        flag="ascent_bound",
    )
    ascent_epochs: int | None = setting(
        None,
        "k: epochs of ascent as a generation begins (default: a quarter of "
        "a generation, at least 1)",
        flag="ascent_epochs",
    )
    ascend: str = setting(
        "early", "which layers ascend", choices=("early", "later", "all")
    )
    hold_rest: bool = setting(
        False, "hold the other layers still during ascent"
    )
    ascent_l2: float = setting(
        0.0, "share of the decay that ascending layers get"
    )

    name = "seal"
    ascends = "phases"
    rank = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.finds_scale:
            check_scale(self.ascent_scale)
        if not 0 < self.keep < 1:
            raise ValueError(
                "`keep` is a share of the training accuracy, between 0 and "
                f"1. Received: {self.keep}"
            )
        if self.ascent_bound is not None and not 0 < self.ascent_bound <= 1:
            raise ValueError(
                "`ascent_bound` is a share of a layer's norm, above 0 and at "
                f"most 1. Received: {self.ascent_bound}"
            )
        if not 0 <= self.ascent_l2 <= 1:
            raise ValueError(
                f"`ascent_l2` is a share, 0 to 1. Received: {self.ascent_l2}"
            )
        if self.ascend not in ("early", "later", "all"):
            raise ValueError(
                "`ascend` must be 'early', 'later' or 'all'. Received: "
                f"{self.ascend!r}"
            )

    @property
    def finds_scale(self) -> bool:
        return self.ascent_scale == AUTO

    @property
    def _bound(self) -> float | None:
        if self.ascent_bound is None and self.finds_scale:
            return BOUND
        return self.ascent_bound

    def label(self) -> str:
        if self.finds_scale:
            return f"{self.name}, S found to keep {self.keep:g}"
        return f"{self.name}, S = {self.ascent_scale:g}"

    def check(self, epochs: int) -> None:
        super().check(epochs)
        length = self.laid_over(epochs).length
        if not 0 <= self._ascent(length) <= length:
            raise ValueError(
                "`ascent_epochs` must be between 0 and the "
                f"{length} epochs of a generation. Received: "
                f"{self.ascent_epochs}"
            )

    def _ascent(self, length: int) -> int:
        if self.ascent_epochs is None:
            return max(1, length // 4)
        return self.ascent_epochs

    def over(self, plan: EpochPlan, run: Run) -> EpochPlan:
        plan = super().over(plan, run)
        length, within = plan.epochs_per_generation, plan.epoch_in_generation
        ascent = self._ascent(length)
        if not self.forgets(plan) or not ascent:
            return plan
        if within >= ascent:
            new = self.reset_optimizer and within == ascent
            return plan.changed(
                phase_epoch=within - ascent,
                phase_epochs=length - ascent,
                before=(ResetOptimizer(),) if new else (),
            )
        up = self._ascends(run)
        others = 0 if self.hold_rest else 1
        return plan.changed(
            scale=np.where(
                up, 1 if self.finds_scale else self.ascent_scale, others
            ),
            sign=np.where(up, -1, 1),
            l2=np.where(up, self.ascent_l2, others),
            phase="ascent",
            phase_epochs=ascent,
            keep=self.keep if self.finds_scale else None,
            bound=self._bound,
        )

    def _ascends(self, run: Any) -> np.ndarray:
        early = np.array([run.early])
        return {
            "early": early,
            "later": ~early,
            "all": np.ones_like(early),
        }[self.ascend]

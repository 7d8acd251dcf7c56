"""SEAL, simulated annealing in early layers (Sarfi et al., CVPR 2023)."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from seal_tf.schedules.epoch_plan import EpochPlan, Run
from seal_tf.schedules.events import ResetOptimizer
from seal_tf.schedules.generational import Generational
from seal_tf.schedules.schedule import setting

#: Value of `ascent_scale` for an S that is searched during the ascent.
AUTO = "auto"
#: Update clip where S is searched.
DEFAULT_CLIP = 0.02


def check_scale(ascent_scale: float | str) -> None:
    """Check a fixed S.

    Raises:
        ValueError: If it is not a finite number of at least 0.
    """
    if isinstance(ascent_scale, str):
        raise ValueError(
            "Argument `ascent_scale` (S) must be a number here; only SEAL "
            f"accepts {AUTO!r}. Received: ascent_scale={ascent_scale!r}"
        )
    if not math.isfinite(ascent_scale) or ascent_scale < 0:
        raise ValueError(
            "Argument `ascent_scale` (S) must be finite and at least 0; the "
            "ascent already has the opposite sign. Received: "
            f"ascent_scale={ascent_scale}"
        )


ASCENT_SCALE = setting(
    0.01,
    "S: size of an ascent step as a fraction of the ordinary step; auto "
    "searches S during the ascent, see --retain",
    flag="ascent_scale",
    allowed_strings=(AUTO,),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SEAL(Generational):
    """SEAL: early layers ascend at the start of every generation.

    In the first k epochs of every generation but the first, early layers take
    the ordinary step times -S, without weight decay; then they descend again.
    Later layers always descend. The optimizer is reset at both switches; the
    learning-rate schedule continues through the second one. (arXiv
    2304.04858, section 3, and its official code.)

    Example:
        >>> from seal_tf.schedules import SEAL
        >>> schedule = SEAL(generations=4, split_at="conv4_block1")

    Args:
        split_at: Where early layers end; see `seal_tf.training.layer_groups`.
            Required here, or by another method of a composition, unless all
            layers ascend.
        ascent_scale: S, at least 0. Defaults to the published 0.01. "auto"
            searches S during each ascent (`seal_tf.ascent_scale`; this
            search is not published).
        retain: With "auto", the fraction of the training accuracy above
            chance that an ascent should retain at its end, between 0 and 1.
            Defaults to 0.5.
        ascent_clip: Largest ascent update of a layer in one step, as a
            fraction of the norm of its weights. Defaults to no clipping, and
            to 0.02 with "auto".
        ascent_epochs: k. Defaults to a quarter of a generation, at least 1.
        ascend: Layers that ascend: "early", or for ablations "later" or
            "all". Defaults to "early".
        freeze_others: Whether the other layers take no step during the
            ascent (an ablation). Defaults to False.
        ascent_l2: Fraction of its weight decay that an ascending layer gets
            (an ablation). Defaults to 0, as published.

    The other arguments are those of `Generational`.
    """

    split_at: Any = None
    ascent_scale: float | str = ASCENT_SCALE
    retain: float = setting(
        0.5,
        "with --ascent_scale=auto: fraction of the training accuracy above "
        "chance that an ascent should retain at its end",
        flag="retain",
        requires=("ascent_scale", AUTO),
    )
    ascent_clip: float | None = setting(
        None,
        "largest ascent update of a layer in one step, as a fraction of the "
        f"norm of its weights (default: no clipping; {DEFAULT_CLIP} with "
        "--ascent_scale=auto)",
        flag="ascent_clip",
    )
    ascent_epochs: int | None = setting(
        None,
        "k: epochs of ascent at the start of a generation (default: a "
        "quarter of a generation, at least 1)",
        flag="ascent_epochs",
    )
    ascend: str = setting(
        "early", "layers that ascend", choices=("early", "later", "all")
    )
    freeze_others: bool = setting(
        False, "let the other layers take no step during the ascent"
    )
    ascent_l2: float = setting(
        0.0, "fraction of the weight decay that ascending layers get"
    )

    name = "seal"
    ascends = "phases"
    priority = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.ascent_scale, str) and not self.searches_scale:
            raise ValueError(
                f"Argument `ascent_scale` (S) must be a number or {AUTO!r}. "
                f"Received: ascent_scale={self.ascent_scale!r}"
            )
        if not self.searches_scale:
            check_scale(self.ascent_scale)
        if not 0 < self.retain < 1:
            raise ValueError(
                "Argument `retain` must be a fraction between 0 and 1. "
                f"Received: retain={self.retain}"
            )
        if self.ascent_clip is not None and not 0 < self.ascent_clip <= 1:
            raise ValueError(
                "Argument `ascent_clip` must be a fraction above 0 and at "
                f"most 1. Received: ascent_clip={self.ascent_clip}"
            )
        if not 0 <= self.ascent_l2 <= 1:
            raise ValueError(
                "Argument `ascent_l2` must be a fraction from 0 to 1. "
                f"Received: ascent_l2={self.ascent_l2}"
            )
        if self.ascend not in ("early", "later", "all"):
            raise ValueError(
                "Argument `ascend` must be 'early', 'later' or 'all'. "
                f"Received: ascend={self.ascend!r}"
            )

    @property
    def searches_scale(self) -> bool:
        """Whether S is searched during the ascent."""
        return self.ascent_scale == AUTO

    @property
    def _clip(self) -> float | None:
        if self.ascent_clip is None and self.searches_scale:
            return DEFAULT_CLIP
        return self.ascent_clip

    def label(self) -> str:
        """Return the method and its S, for messages."""
        if self.searches_scale:
            return f"{self.name}, searched S, retain = {self.retain:g}"
        return f"{self.name}, S = {self.ascent_scale:g}"

    def check(self, epochs: int) -> None:
        """Check the settings against a run of `epochs` epochs.

        Raises:
            ValueError: If the settings do not fit.
        """
        super().check(epochs)
        length = self.generation_layout(epochs).length
        if not 0 <= self._ascent_length(length) <= length:
            raise ValueError(
                "Argument `ascent_epochs` must be between 0 and the "
                f"{length} epochs of a generation. Received: "
                f"ascent_epochs={self.ascent_epochs}"
            )

    def _ascent_length(self, length: int) -> int:
        if self.ascent_epochs is None:
            return max(1, length // 4)
        return self.ascent_epochs

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Add the ascent at the start of a generation."""
        plan = super().apply(plan, run)
        length, within = plan.epochs_per_generation, plan.epoch_in_generation
        ascent = self._ascent_length(length)
        if not self.forgets(plan) or not ascent:
            return plan
        if within >= ascent:
            resets = self.reset_optimizer and within == ascent
            return plan.compose_with(
                phase_epoch=within - ascent,
                phase_epochs=length - ascent,
                before=(ResetOptimizer(),) if resets else (),
            )
        ascending = self._ascending(run)
        scale = 1 if self.searches_scale else self.ascent_scale
        others = 0 if self.freeze_others else 1
        return plan.compose_with(
            scale=np.where(ascending, scale, others),
            sign=np.where(ascending, -1, 1),
            l2=np.where(ascending, self.ascent_l2, others),
            phase="ascent",
            phase_epochs=ascent,
            retain=self.retain if self.searches_scale else None,
            update_clip=self._clip,
        )

    def _ascending(self, run: Run) -> np.ndarray:
        if self.ascend != "all" and not any(run.early):
            raise ValueError(
                f"`ascend={self.ascend!r}` requires `split_at`, where the "
                "later layers start, such as `split_at=0.5`; "
                "`ascend='all'` needs none. Received: "
                f"split_at={self.split_at}"
            )
        early = np.array([run.early])
        return {
            "early": early,
            "later": ~early,
            "all": np.ones_like(early),
        }[self.ascend]

"""SEAL, simulated annealing in early layers (Sarfi et al., CVPR 2023)."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from seal_tf.schedules.generational import Generational
from seal_tf.schedules.plan import EpochPlan, Event, Run, setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class SEAL(Generational):
    """Later layers always descend; early ones ascend as a generation begins.

    In the first k epochs of every generation but the first, early layers
    take the ordinary step times -S, without decay; then they descend again.
    The optimizer is made new at both switches; the rate schedule goes on
    through the second. (arXiv 2304.04858, section 3 and official code.)

    Args:
        split_at: Where early layers end; see `seal_tf.training.groups`.
        ascent_scale: S, at least 0. Defaults to the published 0.01.
        ascent_epochs: k. Defaults to a quarter of a generation, at least 1.

    The other arguments are those of `Generational`.
    """

    split_at: object = None
    ascent_scale: float = setting(
        0.01,
        "S: the share of the ordinary step that an ascent step takes",
        flag="ascent_scale",
    )
    ascent_epochs: int | None = setting(
        None,
        "k: epochs of ascent as a generation begins (default: a quarter of "
        "a generation, at least 1)",
        flag="ascent_epochs",
    )

    name = "seal"

    def __post_init__(self):
        super().__post_init__()
        if not math.isfinite(self.ascent_scale) or self.ascent_scale < 0:
            raise ValueError(
                "`ascent_scale` (S) must be finite and not negative; ascent "
                f"is already the opposite sign. Received: {self.ascent_scale}"
            )

    def label(self) -> str:
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

    def epoch(self, epoch: int, run: Run) -> EpochPlan:
        plan = self.ordinary(epoch, run)
        length = plan.epochs_per_generation
        ascent = self._ascent(length)
        if plan.generation + self.first_generation == 0 or not ascent:
            return plan
        within = plan.epoch_in_generation
        if within >= ascent:
            switch = self.reset_optimizer and within == ascent
            return dataclasses.replace(
                plan,
                phase_epoch=within - ascent,
                phase_epochs=length - ascent,
                before=(Event.RESET_OPTIMIZER,) if switch else (),
            )
        early = np.array([run.early])
        return dataclasses.replace(
            plan,
            phase="ascent",
            phase_epochs=ascent,
            scale=np.where(early, self.ascent_scale, 1).astype(np.float32),
            sign=np.where(early, -1, 1).astype(np.int8),
            l2=np.where(early, 0, 1).astype(np.float32),
        )

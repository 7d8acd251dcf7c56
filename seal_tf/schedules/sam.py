"""SAM, sharpness-aware minimization (Foret et al., ICLR 2021)."""

from __future__ import annotations

import dataclasses
import math

from seal_tf.schedules.epoch_plan import EpochPlan, Run
from seal_tf.schedules.schedule import Schedule, setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class SAM(Schedule):
    """SAM: take each step with the gradient at nearby, worse weights.

    With g the gradient of the batch at the weights w, the step at w has the
    gradient at w + rho * g / |g|, where |g| is the Euclidean norm over all
    trained weights (arXiv 2010.01412, algorithm 1). A modifier of a method:
    each step costs a second forward and backward pass.

    Example:
        >>> from seal_tf.schedules import SAM, SEAL
        >>> schedule = SEAL(generations=2, split_at=0.5) + SAM(rho=0.1)

    Args:
        rho: Radius of the perturbation, above 0. Defaults to 0.05.
    """

    rho: float = setting(0.05, "radius of the perturbation of the weights")

    name = "sam"
    is_modifier = True
    priority = 4

    def __post_init__(self) -> None:
        if not 0 < self.rho < math.inf:
            raise ValueError(
                "Argument `rho` must be finite and above 0. Received: "
                f"rho={self.rho}"
            )

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Set the radius of the perturbation."""
        return plan.compose_with(perturbation=self.rho)

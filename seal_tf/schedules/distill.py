"""Distillation along generations, born-again networks (Furlanello et al.)."""

from __future__ import annotations

import dataclasses

from seal_tf.schedules.epoch_plan import Distillation, EpochPlan, Run
from seal_tf.schedules.events import UpdateTeacher
from seal_tf.schedules.generational import Generational
from seal_tf.schedules.schedule import setting

TEACHERS = ("previous", "ensemble")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Distill(Generational):
    """Distill: earlier generations teach the later ones.

    From the second generation on, the training loss is

        (1 - alpha) * CE + alpha * temperature^2 * KL(p || q)

    with CE the compiled cross-entropy, and p and q the softmax at the
    temperature of the teacher and of the network. The factor temperature^2
    keeps the size of the gradients, which fall with 1 / temperature^2 (Hinton
    et al. 2015, arXiv 1503.02531, section 2.1). The teacher sees the same
    images in inference mode. The first generation has no teacher, and trains
    with CE alone. Validation always uses CE. (Born-again networks, Furlanello
    et al., ICML 2018, arXiv 1805.04770, train each generation from new
    weights: `LLF(layers="all", …) + Distill(…)`.)

    Example:
        >>> from seal_tf.schedules import LLF, Distill
        >>> schedule = LLF(generations=3, split_at=0.5) + Distill(
        ...     generations=3, alpha=0.5, temperature=2.0)

    Args:
        alpha: Weight of the teacher, above 0 and at most 1. Defaults to 0.5.
        temperature: Temperature of both softmaxes, above 0. Defaults to 1, as
            in born-again networks.
        teacher: "previous": the network at the end of the previous
            generation; "ensemble": the mean of the softmaxes of the networks
            at the ends of all earlier generations. Defaults to "previous".

    The other arguments are those of `Generational`.
    """

    alpha: float = setting(
        0.5, "weight of the teacher in the loss, above 0 and at most 1"
    )
    temperature: float = setting(
        1.0, "temperature of the softmax of teacher and network"
    )
    teacher: str = setting(
        "previous",
        "the network at the end of the previous generation, or the ensemble "
        "of those at the ends of all earlier generations",
        choices=TEACHERS,
    )

    name = "distill"
    keeps_weights = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.alpha <= 1:
            raise ValueError(
                "Argument `alpha` must be above 0 and at most 1. Received: "
                f"alpha={self.alpha}"
            )
        if not 0 < self.temperature < float("inf"):
            raise ValueError(
                "Argument `temperature` must be finite and above 0. Received: "
                f"temperature={self.temperature}"
            )
        if self.teacher not in TEACHERS:
            raise ValueError(
                f"Argument `teacher` must be one of {', '.join(TEACHERS)}. "
                f"Received: teacher={self.teacher!r}"
            )

    def check(self, epochs: int) -> None:
        """Check the settings against a run of `epochs` epochs.

        Raises:
            ValueError: If the run has no generation with a teacher.
        """
        super().check(epochs)
        count = self.generation_layout(epochs).count
        if count + self.first_generation < 2:
            raise ValueError(
                "distill requires at least two generations, because the first "
                "one has no teacher: set `generations` to 2 or more. Received: "
                f"generations={count}"
            )

    def apply(self, plan: EpochPlan, run: Run) -> EpochPlan:
        """Add the teacher to every generation that has one."""
        plan = super().apply(plan, run)
        if not self.forgets(plan):
            return plan
        is_ensemble = self.teacher == "ensemble"
        earlier = plan.generation + self.first_generation
        event = UpdateTeacher(is_ensemble)
        return plan.compose_with(
            before=() if plan.epoch_in_generation else (event,),
            distill=Distillation(
                self.alpha, self.temperature, earlier if is_ensemble else 1
            ),
        )

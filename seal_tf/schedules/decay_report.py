"""The timescale of the weight decay of a plan, both ways round."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence

import numpy as np

from seal_tf.schedules.epoch_plan import EpochPlan
from seal_tf.utils.decay_timescale import WeightDecay


@dataclasses.dataclass(frozen=True)
class DecayReport:
    """What the weight decay of an optimizer does in one run.

    Args:
        decay: The weight decay of the optimizer.
        learning_rate: Highest base learning rate of the run.
        steps: Training steps per epoch.
        epochs: Epochs of the run.
        timescales: Number of timescales that pass in the run, with the
            learning rates and decay factors of the plan; of the layers that
            decay most.
    """

    decay: WeightDecay
    learning_rate: float
    steps: int
    epochs: int
    timescales: float

    @property
    def timescale_steps(self) -> float:
        """The timescale at the highest rate, in steps."""
        return self.decay.timescale(self.learning_rate)

    @property
    def timescale_epochs(self) -> float:
        """The timescale at the highest rate, in epochs."""
        return self.timescale_steps / self.steps

    def lines(self) -> list[str]:
        """Describe the decay, with a warning if it hardly acts."""
        decay, name = self.decay, self.decay.name
        formula = f"1 / (rate x {name})"
        if decay.coupled:
            formula = f"(1 - {decay.momentum:g}) / (rate x {name})"
        whole = decay.coefficient_for(
            self.steps * self.epochs, self.learning_rate
        )
        lines = [
            f"  {name} {decay.coefficient:.3g}: timescale {formula} = "
            f"{self.timescale_steps:,.0f} steps = "
            f"{self.timescale_epochs:,.3g} epochs at the highest learning "
            f"rate {self.learning_rate:.3g}; {self.timescales:.3g} timescales "
            "in the run; a timescale of the whole run, "
            f"{self.epochs:,} epochs, is {name} {whole:.3g}"
        ]
        if self.timescales < 1:
            lines.append(
                f"  warning: only {self.timescales:.2g} timescales of the "
                f"{name} pass in the run, with the schedule of the learning "
                f"rate, so it has little effect; use a larger {name}"
            )
        return lines


def report_decay(
    decay: WeightDecay | None,
    epochs: Iterable[EpochPlan],
    steps: int | None,
    layers: Sequence[Sequence[str]] = (),
) -> DecayReport | None:
    """Return the report of the weight decay of a run.

    Args:
        decay: The weight decay of the optimizer; None without decay.
        epochs: The plan of every epoch.
        steps: Training steps per epoch, or None if unknown.
        layers: For each group, the names of its layers with weights.

    Returns:
        The report; None if there is no decay, or the number of steps or the
        learning rate is unknown.
    """
    if decay is None or steps is None:
        return None
    highest, passed, count = 0.0, np.zeros(1), 0
    for plan in epochs:
        base = plan.base_rate
        if base is None:
            if decay.learning_rate is None:
                return None
            base = np.array([decay.learning_rate])
        highest = max(highest, float(base.max()))
        rates = base[:, None] * plan.l2
        if decay.coupled:
            rates = rates * plan.scale
        if plan.layer_scale is not None:
            sizes = [len(names) for names in layers]
            rates = np.repeat(rates, sizes, axis=1) * plan.layer_scale
        passed = passed + steps * rates.mean(axis=0)
        count += 1
    unit = decay.timescale(1.0)
    if not highest or math.isinf(unit):
        return None
    return DecayReport(
        decay, highest, steps, count, float((passed / unit).max())
    )

"""The plan of a whole run: a schedule applied to every epoch."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seal_tf.schedules import describe
from seal_tf.schedules.ascent_backoff import AscentBackoff
from seal_tf.schedules.decay_report import DecayReport, report_decay
from seal_tf.schedules.epoch_plan import EpochPlan, Run
from seal_tf.schedules.events import Event, ResetOptimizer
from seal_tf.schedules.schedule import Schedule
from seal_tf.utils.decay_timescale import WeightDecay


@dataclasses.dataclass(frozen=True)
class Plan:
    """A schedule applied to one run: what will happen, before it happens.

    Example:
        >>> from seal_tf.schedules import SEAL, Plan, Run
        >>> run = Run(epochs=8, groups=("early", "later"), early=(True, False))
        >>> plan = Plan(SEAL(generations=2, split_at=0.5), run)
        >>> plan.epoch(4).phase
        'ascent'

    Args:
        schedule: The method.
        run: Epochs, steps and layer groups of the run.
        layers: For each group, the names of its layers with weights.
        backoffs: Phases with a smaller ascent than the schedule has.
        weight_decay: The weight decay of the optimizer, if known.
    """

    schedule: Schedule
    run: Run
    layers: tuple[tuple[str, ...], ...] = ()
    backoffs: tuple[AscentBackoff, ...] = ()
    weight_decay: WeightDecay | None = None

    def epoch(self, epoch: int) -> EpochPlan:
        """Return the plan of one epoch, counted from 0.

        Raises:
            ValueError: If the run has no such epoch.
        """
        if not 0 <= epoch < self.run.epochs:
            raise ValueError(
                f"Argument `epoch` must be between 0 and "
                f"{self.run.epochs - 1}. Received: epoch={epoch}"
            )
        plan = self.schedule.epoch(epoch, self.run)
        for backoff in self.backoffs:
            plan = backoff.apply(plan)
        return plan

    def __len__(self) -> int:
        return self.run.epochs

    def __iter__(self) -> Iterator[EpochPlan]:
        return (self.epoch(e) for e in range(self.run.epochs))

    @functools.cached_property
    def events(self) -> frozenset[Event]:
        """All events of the run, each once."""
        return frozenset(
            event for epoch in self for event in (*epoch.before, *epoch.after)
        )

    def has_event(self, kind: type) -> bool:
        """Return whether any epoch has an event of a kind."""
        return any(isinstance(event, kind) for event in self.events)

    @functools.cached_property
    def perturbs(self) -> bool:
        """Whether steps have a second pass, at perturbed weights."""
        return any(e.perturbation is not None for e in self)

    def milestones(self) -> set[int]:
        """Return the first epoch of every generation, and the run's end.

        A checkpoint at the start of such an epoch is worth keeping.
        """
        return {0} | {e.epoch + 1 for e in self if e.last_of_generation}

    def validated_epochs(self, every: int) -> list[int]:
        """Return the epochs after which a run validates.

        Args:
            every: Epochs between two validations.

        Returns:
            Numbers of epochs, from 1: the multiples of `every`, and the last
            epoch of each generation, whose accuracy is a result.
        """
        ends = self.milestones() - {0}
        return sorted(ends.union(range(every, len(self) + 1, every)))

    def epochs_since_reset(self, epoch: int) -> int | None:
        """Return the epochs from the last optimizer reset to `epoch`.

        A resumed run restores this number from the plan alone.

        Returns:
            The number of epochs, or None if there was no reset before.
        """
        for e in range(epoch - 1, -1, -1):
            plan = self.epoch(e)
            if ResetOptimizer() in plan.after:
                return epoch - e - 1
            if ResetOptimizer() in plan.before:
                return epoch - e
        return None

    def backoff_before(self, epoch: int) -> AscentBackoff | None:
        """Return the backoff for the last ascent before a divergence.

        Args:
            epoch: The epoch in which the loss diverged.

        Returns:
            A backoff of the whole ascent phase, or None if no epoch until
            then ascends.
        """
        for e in range(epoch, -1, -1):
            plan = self.epoch(e)
            if plan.ascends:
                first = e - plan.phase_epoch
                return AscentBackoff(first, first + plan.phase_epochs)
        return None

    def describe(self) -> str:
        """Describe the run: layer groups, phases, rates, weight decay."""
        report = self.decay_report()
        return "\n".join(
            [
                describe.describe_run(
                    self.schedule, self.run, self.layers, list(self)
                ),
                *(report.lines() if report else ()),
            ]
        )

    def decay_report(self) -> DecayReport | None:
        """Return the timescale of the weight decay.

        Returns:
            The report; None without weight decay, or if the number of steps
            or the learning rate is unknown.
        """
        return report_decay(
            self.weight_decay, self, self.run.steps, self.layers
        )

    def warnings(self) -> list[str]:
        """Return warnings about a valid plan that is probably a mistake."""
        return describe.plan_warnings(self.schedule, list(self))

    def plot(self, path: str | Path | None = None) -> Any:
        """Plot the signed learning rate of every group by epoch.

        Args:
            path: Image file to write. None writes no file.

        Returns:
            The `matplotlib` figure. The rates are fractions of the
            optimizer's own learning rate if the plan sets none.
        """
        figure = describe.plot_run(self.schedule, self.run, list(self))
        if path is not None:
            figure.savefig(path, dpi=130)
        return figure

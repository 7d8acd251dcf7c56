"""Lay out a study that fits a budget. Pure: no backend, no files."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from seal_tf.study.candidates import Candidate

#: Seeds of each finalist, at least; and at most, if time remains.
MIN_SEEDS, MAX_SEEDS = 3, 12
#: Finalists besides the baseline.
CHALLENGERS = 2
#: Epochs of a run are a multiple of this, so that 2, 4 or 8 generations
#: divide them.
EPOCHS_MULTIPLE = 8
#: Fewest epochs of a run. Shorter runs say nothing about long training.
MIN_EPOCHS = 16
#: (epochs, trials of each candidate, seeds of each finalist): a longer budget
#: buys longer runs first, then more trials and seeds.
LEVELS = (
    (16, 3, 3),
    (64, 4, 3),
    (96, 6, 4),
    (128, 8, 5),
    (192, 12, 6),
    (256, 16, 8),
)


@dataclasses.dataclass(frozen=True)
class RunTime:
    """Time of a run of cost 1, measured or in passes.

    Args:
        startup: Seconds before the first epoch and after the last.
        epoch: Seconds of an epoch on the images that tuning trains on, with
            its validation.
        is_passes: Whether the unit of `epoch` is a pass, not a second.
            Defaults to False.
    """

    startup: float
    epoch: float
    is_passes: bool = False

    def run(self, epochs: float) -> float:
        """Return the time of a run of so many epochs."""
        return self.startup + epochs * self.epoch

    def describe(self, amount: float) -> str:
        """Describe a time as "1.5 hours", "12 minutes" or "640 passes"."""
        if self.is_passes:
            return f"{amount:,.0f} passes"
        if amount >= 5400:
            return f"{amount / 3600:.1f} hours"
        return f"{amount / 60:.1f} minutes"


@dataclasses.dataclass(frozen=True)
class Limits:
    """What the user fixes of a study; None leaves it to the budget.

    Args:
        epochs: Epochs of every run of cost 1.
        trials: Trials of each candidate.
        seeds: Seeds of each finalist.
        must_fit: Whether all candidates are wanted. Otherwise the last ones
            are left out if the budget is small. Defaults to False.
    """

    epochs: int | None = None
    trials: int | None = None
    seeds: int | None = None
    must_fit: bool = False


@dataclasses.dataclass(frozen=True)
class StudyPlan:
    """The layout of a study.

    Args:
        candidates: Names of the candidates; the first is the baseline.
        epochs: Epochs of a run of cost 1.
        trials: Trials of each candidate.
        finalists: Number of finalists, with the baseline.
        seeds: Seeds of each finalist, at least.
        tuning: Budget of all trials: seconds, or passes.
        budget: Budget of the study in the same unit.
        time: Time of a run.
        final_share: Training images of a final run relative to those of a
            trial.
    """

    candidates: tuple[str, ...]
    epochs: int
    trials: int
    finalists: int
    seeds: int
    tuning: float
    budget: float
    time: RunTime
    final_share: float

    @property
    def trial_time(self) -> float:
        """Time of a trial that is not pruned."""
        return self.time.run(self.epochs)

    @property
    def final_time(self) -> float:
        """Time of a final run."""
        return self.time.run(self.epochs * self.final_share)

    def seeds_for(self, used: float) -> int:
        """Return the seeds of each finalist that the remaining budget allows.

        Args:
            used: Budget that the trials have used.
        """
        remaining = self.budget - used
        affordable_seeds = int(remaining / (self.finalists * self.final_time))
        return max(self.seeds, min(MAX_SEEDS, affordable_seeds))

    def describe(self, labels: Sequence[str]) -> str:
        """Describe the plan in lines of text.

        Args:
            labels: Labels of the candidates.
        """
        time = self.time
        trials = len(self.candidates) * self.trials
        finals = self.finalists * self.seeds
        return "\n".join(
            [
                f"{len(labels)} candidates: {', '.join(labels)}",
                f"each run: {self.epochs} epochs (fewer where an epoch costs "
                f"more), {time.describe(self.trial_time)}",
                f"tuning: {trials} trials, {self.trials} of each candidate, "
                f"on held-out images; up to {time.describe(self.tuning)}",
                f"finals: {self.finalists} candidates x {self.seeds} seeds, "
                "or more if time remains, on all training images; "
                f"{time.describe(finals * self.final_time)}",
                f"budget: {time.describe(self.budget)} of one worker",
            ]
        )


def lay_out(
    candidates: Sequence[Candidate],
    budget: float,
    time: RunTime,
    final_share: float,
    limits: Limits,
) -> StudyPlan:
    """Lay out a study.

    Args:
        candidates: The candidates by importance; the first is the baseline.
        budget: Seconds, or passes, of one worker.
        time: Time of a run in the same unit.
        final_share: Training images of a final run relative to those of a
            trial.
        limits: What the user fixes.

    Returns:
        The plan: as many candidates as fit, and the highest level of
        `LEVELS` that they allow.

    Raises:
        ValueError: The budget is too small.
    """
    fewest = len(candidates) if limits.must_fit else min(2, len(candidates))
    for count in range(len(candidates), fewest - 1, -1):
        for level_epochs, level_trials, level_seeds in reversed(LEVELS):
            trials = limits.trials or level_trials
            seeds = limits.seeds or level_seeds
            finalists = min(count, 1 + CHALLENGERS)
            runs = count * trials + finalists * seeds
            epoch_runs = count * trials + finalists * seeds * final_share
            epochs = limits.epochs or _round_epochs(
                (budget - runs * time.startup) / (epoch_runs * time.epoch)
            )
            final_time = time.run(epochs * final_share)
            needed = (
                count * trials * time.run(epochs)
                + finalists * seeds * final_time
            )
            # With fixed epochs, what must fit is the budget.
            fits = needed <= budget if limits.epochs else epochs >= level_epochs
            if fits:
                return StudyPlan(
                    tuple(c.name for c in candidates[:count]),
                    epochs,
                    trials,
                    finalists,
                    seeds,
                    budget - finalists * seeds * final_time,
                    budget,
                    time,
                    final_share,
                )
    raise ValueError(_too_small(fewest, budget, time, final_share, limits))


def _round_epochs(epochs: float) -> int:
    return max(0, int(epochs // EPOCHS_MULTIPLE) * EPOCHS_MULTIPLE)


def _too_small(
    count: int,
    budget: float,
    time: RunTime,
    final_share: float,
    limits: Limits,
) -> str:
    epochs = limits.epochs or MIN_EPOCHS
    _, trials, seeds = LEVELS[0]
    trials, seeds = limits.trials or trials, limits.seeds or seeds
    finalists = min(count, 1 + CHALLENGERS)
    needed = count * trials * time.run(epochs) + finalists * seeds * time.run(
        epochs * final_share
    )
    flag = "passes" if time.is_passes else "hours"
    unit = 1.0 if time.is_passes else 3600.0
    return (
        f"Argument `{flag}` must be at least {needed / unit:.3g}: {count} "
        f"candidates x {trials} trials and {finalists} finalists x {seeds} "
        f"seeds of {epochs} epochs, {time.describe(time.run(epochs))} each. "
        f"Received: {flag}={budget / unit:g}"
    )

"""Lay out a study that fits a budget. Pure: no backend, no files."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from seal_tf.study.candidates import Candidate

#: Seeds of each finalist, at most, unless the user sets more.
MAX_SEEDS = 12
#: Relative error of sums of times.
_ROUNDING = 1e-9
#: Finalists besides the baseline.
CHALLENGERS = 2
#: Epochs of a run are a multiple of this, so that 2, 4 or 8 generations
#: divide them.
EPOCHS_MULTIPLE = 8
#: (fewest epochs of a run, trials of each candidate, seeds of each finalist):
#: a longer budget buys longer runs first, then more trials and seeds. Runs
#: shorter than those of the first level say nothing about long training.
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
        """Describe a time as "1.5 hours", "12 minutes" or "640 passes".

        Args:
            amount: Seconds, or passes.

        Example:
            >>> from seal_tf.study.budget import RunTime
            >>> RunTime(startup=5.0, epoch=2.0).describe(720)
            '12 minutes'
        """
        if self.is_passes:
            return f"{amount:,.0f} passes"
        if amount >= 5400:
            return f"{amount / 3600:.1f} hours"
        if amount >= 90:
            return f"{amount / 60:.0f} minutes"
        return f"{amount:.0f} seconds"


@dataclasses.dataclass(frozen=True)
class Limits:
    """What the user fixes of a study; None leaves it to the budget.

    Args:
        epochs: Epochs of every run of cost 1.
        trials: Trials of each candidate.
        seeds: Seeds of each finalist.
        must_fit: Whether all candidates must fit. Otherwise the last ones
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
    def checks(self) -> int:
        """Trials of the baseline with the settings of other finalists."""
        return self.finalists - 1

    @property
    def planned(self) -> float:
        """Time of all planned runs, without pruning and further seeds."""
        finals = self.finalists * self.seeds * self.final_time
        return self._all_trials * self.trial_time + finals

    @property
    def _all_trials(self) -> int:
        return len(self.candidates) * self.trials + self.checks

    @property
    def trial_time(self) -> float:
        """Time of a trial that is not pruned."""
        return self.time.run(self.epochs)

    @property
    def final_time(self) -> float:
        """Time of a final run."""
        return self.time.run(self.epochs * self.final_share)

    def tuning_limit(self, slowness: float = 1.0) -> float:
        """Return what the trials may use before no new one starts.

        Args:
            slowness: As in `seeds_for`. Defaults to 1.
        """
        later = self.budget - self.tuning + self.checks * self.trial_time
        return self.budget - max(1.0, slowness) * later

    def seeds_for(self, used: float, slowness: float = 1.0) -> int:
        """Return the seeds of each finalist that the remaining budget allows.

        Args:
            used: Budget that the trials have used.
            slowness: Time of a trial relative to the measured time, such as 2
                on a machine that other work has shared since. Defaults to 1.
        """
        remaining = self.budget - used
        run_time = slowness * self.final_time
        affordable_seeds = int(remaining / (self.finalists * run_time))
        return max(self.seeds, min(MAX_SEEDS, affordable_seeds))

    def facts(self, labels: Sequence[str]) -> list[tuple[str, str]]:
        """Return (name, text) of each phase and of what it takes.

        Args:
            labels: Labels of the candidates.
        """
        time = self.time
        finals = self.finalists * self.seeds
        rest = max(0.0, self.budget - self.planned)
        can_have_more = self.seeds < MAX_SEEDS
        facts = [
            ("budget", f"{time.describe(self.budget)} of one worker"),
            ("candidates", ", ".join(labels)),
            (
                "each run",
                f"{self.epochs} epochs, or fewer where an epoch costs more; "
                f"{time.describe(self.trial_time)}",
            ),
            (
                "tuning",
                f"{self.describe_tuning()} on held-out images; at most "
                f"{time.describe(self._all_trials * self.trial_time)}",
            ),
            (
                "finals",
                f"{_count(self.finalists, 'finalist')} x "
                f"{_count(self.seeds, 'seed')} on all training images; "
                f"{time.describe(finals * self.final_time)}",
            ),
        ]
        if can_have_more:
            text = "and what tuning saves, for more seeds"
            facts.append(("rest", f"{time.describe(rest)}, {text}"))
        return facts

    def describe_tuning(self) -> str:
        """Describe the trials: "5 candidates x 3 trials and 2 more …"."""
        return (
            f"{_count(len(self.candidates), 'candidate')} x "
            f"{_count(self.trials, 'trial')} and {self.checks} more of the "
            "baseline"
        )

    def describe(self, labels: Sequence[str]) -> str:
        """Describe the plan, a line for each of its facts.

        Args:
            labels: Labels of the candidates.
        """
        return "\n".join(f"{n}: {text}" for n, text in self.facts(labels))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


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
    names = tuple(candidate.name for candidate in candidates)
    fewest = len(names) if limits.must_fit else min(2, len(names))
    for count in range(len(names), fewest - 1, -1):
        for level in reversed(LEVELS):
            plan = _fill_level(
                names[:count], level, budget, time, final_share, limits
            )
            # With fixed epochs, only the budget limits the level.
            fits = plan.planned <= budget * (1 + _ROUNDING)
            if fits and (limits.epochs or plan.epochs >= level[0]):
                return plan
    smallest = _fill_level(
        names[:fewest],
        LEVELS[0],
        budget,
        time,
        final_share,
        dataclasses.replace(limits, epochs=limits.epochs or LEVELS[0][0]),
    )
    raise ValueError(_too_small(smallest))


def _fill_level(
    names: tuple[str, ...],
    level: tuple[int, int, int],
    budget: float,
    time: RunTime,
    final_share: float,
    limits: Limits,
) -> StudyPlan:
    """Return the plan with the most epochs that the budget has for a level."""
    trials, seeds = limits.trials or level[1], limits.seeds or level[2]
    finalists = min(len(names), 1 + CHALLENGERS)
    # The baseline also tries the settings of each other finalist.
    all_trials = len(names) * trials + finalists - 1
    runs = all_trials + finalists * seeds
    epoch_runs = all_trials + finalists * seeds * final_share
    epochs = limits.epochs or _round_epochs(
        (budget - runs * time.startup) / (epoch_runs * time.epoch)
    )
    finals = finalists * seeds * time.run(epochs * final_share)
    return StudyPlan(
        names,
        epochs,
        trials,
        finalists,
        seeds,
        budget - finals,
        budget,
        time,
        final_share,
    )


def _round_epochs(epochs: float) -> int:
    multiples = int(epochs * (1 + _ROUNDING) / EPOCHS_MULTIPLE)
    return max(0, multiples * EPOCHS_MULTIPLE)


def _too_small(plan: StudyPlan) -> str:
    """Describe the smallest plan, whose budget would be accepted."""
    time = plan.time
    flag = "passes" if time.is_passes else "hours"
    unit = 1.0 if time.is_passes else 3600.0
    return (
        f"Argument `{flag}` must be at least {_round_up(plan.planned / unit)}: "
        f"{plan.describe_tuning()}, and "
        f"{_count(plan.finalists, 'finalist')} x {_count(plan.seeds, 'seed')}, "
        f"each run with {plan.epochs} epochs in "
        f"{time.describe(plan.trial_time)}. Fewer `epochs`, `trials`, `seeds` "
        "or `candidates` need less, and so do a smaller network and fewer "
        "images. "
        f"Received: {flag}={plan.budget / unit:g}"
    )


def _round_up(number: float) -> str:
    """Format a number with three digits, not less than the number."""
    scale = 10.0 ** (2 - math.floor(math.log10(number)))
    return f"{math.ceil(number * scale * (1 - 1e-12)) / scale:g}"

"""Tune the candidates: an Optuna study each, on held-out images."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seal_tf.study.budget import StudyPlan
from seal_tf.study.candidates import SCORE, Candidate
from seal_tf.study.fixed_runs import POLL
from seal_tf.study.program import Program, delete_large_files
from seal_tf.study.retries import retry_dead_trials, retry_failed_trials
from seal_tf.study.sampler import SlotSampler
from seal_tf.study.slots import Slot, read_slots
from seal_tf.study.storage import StudyStorage
from seal_tf.study.trial_runner import (
    COMMAND,
    FOLDER,
    SurplusTrialError,
    TrialRun,
    TrialRunner,
)

if TYPE_CHECKING:
    from optuna import Study, Trial

#: A candidate whose first trials all fail is given up after so many.
MAX_FAILURES = 2
#: Percentage of the trials that pruning keeps, and the number of trials
#: before it starts. It is cautious: a large L2 is slow at first.
KEPT_PERCENTAGE, TRIALS_BEFORE_PRUNING = 75.0, 4


@dataclasses.dataclass(frozen=True)
class StudyContext:
    """What all phases of a study share.

    Args:
        name: Name of the study in the storage.
        workdir: Work directory of the study.
        storage: Its storage.
        program: The program that is run.
        seed: Seed of the study.
        learning_rate: Default learning rate of the program.
        log: Prints a line of progress.
    """

    name: str
    workdir: Path
    storage: StudyStorage
    program: Program
    seed: int
    learning_rate: float
    log: Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class TunedCandidate:
    """The best settings of a candidate.

    Args:
        name: Name of the candidate.
        values: Value of each flag that is tuned, as suggested.
        score: Held-out accuracy, from 0 to 1.
        trials: Number of trials with a score.
    """

    name: str
    values: Mapping[str, Any]
    score: float
    trials: int


class Tuner:
    """Tune the candidates of a study.

    Args:
        context: What all phases share.
        plan: The plan of the study.
        candidates: The candidates; the first is the baseline.
    """

    def __init__(
        self,
        context: StudyContext,
        plan: StudyPlan,
        candidates: Sequence[Candidate],
    ) -> None:
        self._context = context
        self._plan = plan
        self._candidates = {c.name: c for c in candidates}
        self._baseline = candidates[0]
        self._runner = TrialRunner(context.program, context.storage)
        self._studies = {c.name: self._open_study(c) for c in candidates}

    def _open_study(self, candidate: Candidate) -> Study:
        import optuna

        study = self._context.storage.open_study(
            f"{self._context.name}/tuning/{candidate.name}"
        )
        study.sampler = SlotSampler(
            f"{self._context.seed}/{candidate.name}",
            lambda index: None if index else self._first_values(candidate),
        )
        study.pruner = optuna.pruners.NopPruner()
        # Averages and ensembles have an accuracy at the end only, which the
        # accuracy of an epoch does not predict.
        if candidate.score == SCORE:
            study.pruner = optuna.pruners.PercentilePruner(
                KEPT_PERCENTAGE,
                n_startup_trials=TRIALS_BEFORE_PRUNING,
                n_warmup_steps=candidate.run_epochs(self._plan.epochs) // 2,
                # With --validation_freq, some epochs have reports of a few
                # trials only.
                n_min_trials=TRIALS_BEFORE_PRUNING,
            )
        return study

    def _first_values(self, candidate: Candidate) -> dict[str, Any]:
        """Return the first values, with the baseline's where they fit."""
        values = candidate.first_values()
        best = self.best(self._baseline)
        if candidate is self._baseline or best is None:
            return values
        return {**values, **shared_values(best, self._baseline, candidate)}

    def baseline_values(
        self, challengers: Sequence[TunedCandidate]
    ) -> list[dict[str, Any]]:
        """Return settings that the baseline has not tried, and others have.

        Args:
            challengers: The best settings of other candidates.

        Returns:
            The best settings of the baseline, with those of a challenger
            where they fit; none that the baseline has tried.
        """
        best = self.best(self._baseline)
        if best is None:
            return []
        tried = [slot.latest.params for slot in self._slots(self._baseline)]
        found: list[dict[str, Any]] = []
        for tuned in challengers:
            source = self._candidates[tuned.name]
            shared = shared_values(tuned, source, self._baseline)
            values = {**best.values, **shared}
            if values not in (*tried, *found):
                found.append(values)
        return found

    def tune(self) -> None:
        """Run all trials, first those of the baseline, and wait for others.

        The failed trials of a candidate without a score are tried again.

        Raises:
            ValueError: No trial of the baseline has succeeded.
        """
        for candidate in self._candidates.values():
            if self.best(candidate) is None:
                retry_failed_trials(
                    self._studies[candidate.name],
                    self._context.storage.owners,
                    self._trials(candidate),
                )
        self._tune([self._baseline])
        if self.best(self._baseline) is None:
            raise ValueError(
                f"no trial of the baseline ({self._baseline.label}) has "
                f"succeeded: {self.failures()[self._baseline.name]}. Correct "
                "the cause, and run the same command to try them again"
            )
        self._tune(
            [c for c in self._candidates.values() if c is not self._baseline]
        )

    def _tune(self, candidates: Sequence[Candidate]) -> None:
        while True:
            for candidate in candidates:
                retry_dead_trials(
                    self._studies[candidate.name],
                    self._context.storage.owners,
                    self._trials(candidate),
                )
            slots = {c.name: self._slots(c) for c in candidates}
            ready = [c for c in candidates if self._has_work(c, slots[c.name])]
            if ready:
                self._run_trial(min(ready, key=lambda c: len(slots[c.name])))
            elif all(slot.is_finished for s in slots.values() for slot in s):
                return
            else:
                time.sleep(POLL)

    def _slots(self, candidate: Candidate) -> list[Slot]:
        slots = read_slots(self._studies[candidate.name])
        return slots[: self._trials(candidate)]

    def _trials(self, candidate: Candidate) -> int:
        # Without settings to tune, all trials would be the same run.
        return self._plan.trials if candidate.search else 1

    def _has_work(self, candidate: Candidate, slots: Sequence[Slot]) -> bool:
        """Return whether a candidate has a trial that a worker may run."""
        if not slots or any(slot.is_waiting for slot in slots):
            return True
        if len(slots) == self._trials(candidate):
            return False
        errors = [slot.error for slot in slots if slot.error is not None]
        has_score = any(slot.score is not None for slot in slots)
        if len(errors) >= MAX_FAILURES and not has_score:
            return False
        return self.used() < self._plan.tuning_limit(self.slowness())

    def used(self) -> float:
        """Return the seconds of all trials, or their passes."""
        slots = [s for c in self._candidates.values() for s in self._slots(c)]
        if self._plan.time.is_passes:
            return len(slots) * self._plan.trial_time
        return sum(slot.seconds for slot in slots)

    def slowness(self) -> float:
        """Return the time of a trial relative to the planned time.

        It is the median of the trials that ran to their end; 1 without one,
        and for a budget in passes.
        """
        seconds = [
            slot.seconds
            for candidate in self._candidates.values()
            for slot in self._slots(candidate)
            if slot.score is not None
        ]
        if self._plan.time.is_passes or not seconds:
            return 1.0
        return statistics.median(seconds) / self._plan.trial_time

    def _run_trial(self, candidate: Candidate) -> None:
        slot = self._runner.run_next(
            self._studies[candidate.name],
            lambda: self._has_work(candidate, self._slots(candidate)),
            lambda trial, index: self._describe(candidate, trial, index),
        )
        if slot is None:
            return
        delete_networks(slot, self._folder(candidate))
        self._context.log(self._progress(candidate, slot))

    def _folder(self, candidate: Candidate) -> Path:
        return self._context.workdir / "tuning" / candidate.name

    def _describe(
        self, candidate: Candidate, trial: Trial, index: int
    ) -> TrialRun:
        if index >= self._trials(candidate):
            raise SurplusTrialError
        return tuning_run(
            self._context,
            self._plan,
            candidate,
            trial,
            self._folder(candidate) / f"trial{index + 1}",
        )

    def _progress(self, candidate: Candidate, slot: Slot) -> str:
        best = self.best(candidate)
        best_text = "" if best is None else f", best {best.score:.1%}"
        used = self._plan.time.describe(self.used())
        return (
            f"{candidate.label}, trial {slot.index + 1} of "
            f"{self._trials(candidate)}: {describe_trial(slot)}{best_text} "
            f"({used} used)"
        )

    def best(self, candidate: Candidate) -> TunedCandidate | None:
        """Return the best settings of a candidate; None without a score.

        Args:
            candidate: The candidate.
        """
        scores = [
            (slot.score, -slot.index, slot.latest)
            for slot in self._slots(candidate)
            if slot.score is not None
        ]
        if not scores:
            return None
        score, _, trial = max(scores, key=lambda entry: entry[:2])
        return TunedCandidate(candidate.name, trial.params, score, len(scores))

    def failures(self) -> dict[str, str]:
        """Return the error of each candidate without a score, by name."""
        failures = {}
        for candidate in self._candidates.values():
            errors = [s.error for s in self._slots(candidate) if s.error]
            if errors and self.best(candidate) is None:
                failures[candidate.name] = errors[-1]
        return failures

    def trials(self) -> list[dict[str, Any]]:
        """Return all trials as plain data, for the report."""
        return [
            trial
            for candidate in self._candidates.values()
            for trial in describe_trials(candidate, self._slots(candidate))
        ]


def shared_values(
    tuned: TunedCandidate, source: Candidate, target: Candidate
) -> dict[str, Any]:
    """Return the settings of a candidate that another one may have, too.

    Args:
        tuned: The settings.
        source: The candidate that has them.
        target: The other candidate.
    """
    own, others = target.search, source.search
    return {
        name: value
        for name, value in tuned.values.items()
        if name in own
        and own[name].unit == others[name].unit
        and own[name].contains(value)
    }


def tuning_run(
    context: StudyContext,
    plan: StudyPlan,
    candidate: Candidate,
    trial: Trial,
    workdir: Path,
) -> TrialRun:
    """Suggest the values of a trial, and return its run.

    Args:
        context: What all phases share.
        plan: The plan of the study.
        candidate: The candidate.
        trial: The trial, on held-out images.
        workdir: Work directory of the run.
    """
    flags = candidate.training_flags(
        candidate.suggest(trial), plan.epochs, context.learning_rate
    )
    return TrialRun(candidate, flags, context.seed, workdir, final=False)


def delete_networks(slot: Slot, folder: Path) -> None:
    """Delete the large files of a trial that has ended without an error.

    Args:
        slot: Its slot.
        folder: The folder with its work directory.
    """
    # Another worker may have added a retry, which has no folder yet.
    name = slot.latest.user_attrs.get(FOLDER)
    if slot.error is None and name is not None:
        delete_large_files(folder / name)


def describe_trial(slot: Slot) -> str:
    """Describe how a trial has ended.

    Args:
        slot: Its slot.
    """
    if slot.error is not None:
        return f"failed: {slot.error}"
    if slot.score is None:
        return "stopped early"
    return f"{slot.score:.1%} of the held-out images"


def describe_trials(
    candidate: Candidate, slots: Iterable[Slot], first: int = 1
) -> list[dict[str, Any]]:
    """Return trials as plain data.

    Args:
        candidate: The candidate.
        slots: The slots of the trials.
        first: Number of the first one. Defaults to 1.
    """
    return [
        {
            "candidate": candidate.name,
            "number": slot.index + first,
            "state": slot.latest.state.name.lower(),
            "values": slot.latest.params,
            # Of a trial that was stopped early, the last one it reported.
            "score": slot.latest.value,
            "command": slot.latest.user_attrs.get(COMMAND),
            "error": slot.error,
        }
        for slot in slots
    ]

"""Tune the candidates: an Optuna study each, on held-out images."""

from __future__ import annotations

import dataclasses
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seal_tf.study.budget import StudyPlan
from seal_tf.study.candidates import Candidate
from seal_tf.study.program import Program, delete_large_files
from seal_tf.study.storage import StudyStorage
from seal_tf.study.trial_runner import (
    COMMAND,
    ERROR,
    RESULT,
    SURPLUS,
    SurplusTrialError,
    TrialRun,
    TrialRunner,
    first_number,
    used_seconds,
)

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

#: A candidate whose first trials all fail is given up after so many.
MAX_FAILURES = 2
#: Percentage of the trials that pruning keeps, and the number of trials
#: before it starts. It is cautious: a large L2 is slow at first.
KEPT_PERCENTAGE, TRIALS_BEFORE_PRUNING = 75.0, 4
#: Random trials, after the first one, before TPE has a model.
RANDOM_TRIALS = 3
#: Seconds between two looks at trials of other workers.
POLL = 2.0


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
        self._runner = TrialRunner(context.program, context.storage)

    def tune(self) -> None:
        """Run all trials, first those of the baseline, and wait for others."""
        baseline, *others = self._candidates.values()
        self._tune([baseline])
        self._tune(others)

    def _tune(self, candidates: Sequence[Candidate]) -> None:
        while True:
            studies = {c.name: self.open_study(c) for c in candidates}
            for study in studies.values():
                self._context.storage.retry_stale_trials(study)
            open_ones = [
                c for c in candidates if self._has_open_slot(studies[c.name])
            ]
            if open_ones:
                candidate = min(
                    open_ones, key=lambda c: len(_counted(studies[c.name]))
                )
                self._run_trial(candidate, studies[candidate.name])
            elif any(map(_is_running, studies.values())):
                time.sleep(POLL)
            else:
                return

    def open_study(self, candidate: Candidate) -> Study:
        """Open the Optuna study of a candidate.

        Args:
            candidate: The candidate.
        """
        import optuna

        name = f"{self._context.name}/tuning/{candidate.name}"
        study = self._context.storage.create_study(name)
        trials = len(study.get_trials(deepcopy=False))
        seed = f"{self._context.seed}/{candidate.name}/{trials}"
        study.sampler = optuna.samplers.TPESampler(
            # A function of the trial: a resumed study suggests the same.
            seed=zlib.crc32(seed.encode()),
            n_startup_trials=1 + RANDOM_TRIALS,
            multivariate=True,
            constant_liar=True,
        )
        study.pruner = optuna.pruners.PercentilePruner(
            KEPT_PERCENTAGE,
            n_startup_trials=TRIALS_BEFORE_PRUNING,
            n_warmup_steps=self._plan.epochs // 2,
        )
        return study

    def used(self) -> float:
        """Return the seconds of all trials, or their passes."""
        time = self._plan.time
        used = 0.0
        for candidate in self._candidates.values():
            study = self.open_study(candidate)
            if time.is_passes:
                used += len(_counted(study)) * self._plan.trial_time
            else:
                used += used_seconds(study)
        return used

    def _has_open_slot(self, study: Study) -> bool:
        from optuna.trial import TrialState

        trials = study.get_trials(deepcopy=False)
        if any(t.state == TrialState.WAITING for t in trials):
            return True
        counted_trials = _counted(study)
        failures = failed_trials(study)
        has_score = any(t.state == TrialState.COMPLETE for t in trials)
        if len(failures) >= MAX_FAILURES and not has_score:
            return False
        # Every candidate gets one trial, whatever the others have used.
        if counted_trials and self.used() >= self._plan.tuning:
            return False
        return len(counted_trials) < self._plan.trials

    def _run_trial(self, candidate: Candidate, study: Study) -> None:
        if not study.get_trials(deepcopy=False):
            study.enqueue_trial(
                self._first_values(candidate), skip_if_exists=True
            )
        trial = self._runner.run_next(
            study, lambda trial: self._describe(candidate, trial)
        )
        if trial is None:
            return
        if trial.state.is_finished() and RESULT in trial.user_attrs:
            delete_large_files(self._workdir(candidate, trial.number))
        self._context.log(self._progress(candidate, study, trial))

    def _first_values(self, candidate: Candidate) -> dict[str, Any]:
        """Return the first values, with the baseline's where it is tuned."""
        values = candidate.first_values()
        baseline = next(iter(self._candidates.values()))
        best = self.best(baseline)
        if candidate is baseline or best is None:
            return values
        shared = {k: v for k, v in best.values.items() if k in values}
        return {**values, **shared}

    def _workdir(self, candidate: Candidate, number: int) -> Path:
        folder = self._context.workdir / "tuning" / candidate.name
        return folder / f"trial{number}"

    def _describe(self, candidate: Candidate, trial: Trial) -> TrialRun:
        earlier = [t for t in _counted(trial.study) if t.number < trial.number]
        if len(earlier) >= self._plan.trials:
            raise SurplusTrialError
        flags = candidate.training_flags(
            candidate.suggest(trial),
            self._plan.epochs,
            self._context.learning_rate,
        )
        return TrialRun(
            flags=flags,
            seed=self._context.seed,
            workdir=self._workdir(candidate, first_number(trial)),
            final=False,
            score=lambda result: self._context.program.read_score(
                candidate, result
            ),
            can_prune=True,
        )

    def _progress(
        self, candidate: Candidate, study: Study, trial: FrozenTrial
    ) -> str:
        from optuna.trial import TrialState

        outcome = {
            TrialState.PRUNED: "stopped early",
            TrialState.FAIL: f"failed: {trial.user_attrs.get(ERROR)}",
        }.get(trial.state)
        if outcome is None:
            outcome = f"{trial.value:.1%} of the held-out images"
        best = self.best(candidate)
        best_text = "" if best is None else f", best {best.score:.1%}"
        used = self._plan.time.describe(self.used())
        return (
            f"{candidate.label}, trial {len(_counted(study))} of "
            f"{self._plan.trials}: {outcome}{best_text} ({used} used)"
        )

    def best(self, candidate: Candidate) -> TunedCandidate | None:
        """Return the best settings of a candidate; None without a score.

        Args:
            candidate: The candidate.
        """
        complete = complete_trials(self.open_study(candidate))
        if not complete:
            return None
        best = max(complete, key=lambda t: (t.value or 0.0, -t.number))
        return TunedCandidate(
            candidate.name, best.params, best.value or 0.0, len(complete)
        )

    def failures(self) -> dict[str, str]:
        """Return the error of each candidate without a score, by name."""
        failures = {}
        for candidate in self._candidates.values():
            study = self.open_study(candidate)
            errors = failed_trials(study)
            if errors and not complete_trials(study):
                failures[candidate.name] = str(errors[-1].user_attrs[ERROR])
        return failures

    def trials(self) -> list[dict[str, Any]]:
        """Return all trials as plain data, for the report."""
        return [
            {
                "candidate": candidate.name,
                "number": trial.number,
                "state": trial.state.name.lower(),
                "values": trial.params,
                "score": trial.value,
                "command": trial.user_attrs.get(COMMAND),
                "error": trial.user_attrs.get(ERROR),
            }
            for candidate in self._candidates.values()
            for trial in _counted(self.open_study(candidate))
        ]


def choose_finalists(
    best: Iterable[TunedCandidate | None], count: int
) -> list[TunedCandidate]:
    """Choose the baseline and the best other candidates.

    Args:
        best: The best settings of each candidate, the baseline first.
        count: Number of finalists.

    Raises:
        ValueError: The baseline has no score.
    """
    baseline, *others = best
    if baseline is None:
        raise ValueError("no trial of the baseline has succeeded")
    ranked = sorted(
        (tuned for tuned in others if tuned is not None),
        key=lambda tuned: -tuned.score,
    )
    return [baseline, *ranked[: count - 1]]


def _counted(study: Study) -> list[FrozenTrial]:
    """Return the trials that count: not those that are tried again."""
    from optuna.trial import TrialState

    return [
        trial
        for trial in study.get_trials(deepcopy=False)
        if SURPLUS not in trial.user_attrs
        and (trial.state != TrialState.FAIL or ERROR in trial.user_attrs)
    ]


def complete_trials(study: Study) -> list[FrozenTrial]:
    """Return the trials that have a score.

    Args:
        study: An Optuna study.
    """
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def failed_trials(study: Study) -> list[FrozenTrial]:
    """Return the trials whose command has failed.

    Args:
        study: An Optuna study.
    """
    from optuna.trial import TrialState

    failed = study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
    return [trial for trial in failed if ERROR in trial.user_attrs]


def _is_running(study: Study) -> bool:
    from optuna.trial import TrialState

    states = (TrialState.RUNNING,)
    return bool(study.get_trials(deepcopy=False, states=states))

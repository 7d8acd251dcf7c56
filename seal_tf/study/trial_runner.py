"""Run one trial of a study: train, report to Optuna, store the result."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seal_tf.study.program import Program, format_command
from seal_tf.study.storage import StudyStorage
from seal_tf.study.training_process import (
    TrainingCommand,
    TrainingFailedError,
    run_training,
)
from seal_tf.study.trial_locks import STARTED
from seal_tf.utils.files import read_json_lines

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

#: Attributes of a trial. TIME is [number of the trial, seconds]: a trial that
#: is tried again has the attributes of the earlier one.
TIME, ERROR, SURPLUS = "time", "error", "surplus"
COMMAND, RESULT, METRICS = "command", "result", "metrics"
#: Largest number of values that a trial reports.
REPORTS = 32
#: Seconds between two records of a trial's time.
RECORD_EVERY = 5.0


class SurplusTrialError(Exception):
    """Another worker has taken the last trial in the meantime."""


@dataclasses.dataclass(frozen=True)
class TrialRun:
    """What a trial runs.

    Args:
        flags: Flags of the candidate.
        seed: Seed of the run.
        workdir: Work directory of the run.
        final: Whether it is a final run.
        score: Function of the result that returns the accuracy.
        can_prune: Whether Optuna may stop it early.
    """

    flags: Mapping[str, Any]
    seed: int
    workdir: Path
    final: bool
    score: Callable[[Mapping[str, Any]], float]
    can_prune: bool


class TrialRunner:
    """Run trials, one at a time.

    Args:
        program: The program to run.
        storage: The storage of the study.
    """

    def __init__(self, program: Program, storage: StudyStorage) -> None:
        self._program = program
        self._storage = storage

    def run_next(
        self, study: Study, describe: Callable[[Trial], TrialRun]
    ) -> FrozenTrial | None:
        """Run the next trial of an Optuna study.

        Args:
            study: The study.
            describe: Suggests the parameters of a trial, and returns its run.

        Returns:
            The finished trial. None if it was not needed, or if another
            worker took this one for dead.

        Raises:
            KeyboardInterrupt: The trial was stopped. It is tried again when
                a worker resumes.
        """
        import optuna

        numbers: list[int] = []

        def objective(trial: Trial) -> float:
            numbers.append(trial.number)
            if self._storage.locks is not None:
                self._storage.locks.acquire(trial)
            trial.set_user_attr(STARTED, trial.number)
            return self._run(trial, describe)

        try:
            study.optimize(
                objective,
                n_trials=1,
                catch=(TrainingFailedError, SurplusTrialError),
            )
        except KeyboardInterrupt:
            if numbers:
                self._storage.retry(study, numbers[-1])
            raise
        except (
            optuna.exceptions.UpdateFinishedTrialError,
            ValueError,
        ) as error:
            if not _was_failed_by_another(error):
                raise
            return None
        finally:
            if self._storage.locks is not None:
                self._storage.locks.release()
        trial = study.get_trials(deepcopy=False)[numbers[-1]]
        return None if SURPLUS in trial.user_attrs else trial

    def _run(
        self, trial: Trial, describe: Callable[[Trial], TrialRun]
    ) -> float:
        try:
            run = describe(trial)
        except SurplusTrialError:
            trial.set_user_attr(SURPLUS, True)
            raise
        started = time.monotonic()
        words = self._program.build_command(
            run.flags, run.seed, run.workdir, run.final
        )
        trial.set_user_attr(COMMAND, format_command(words))
        log = run.workdir.with_name(f"{run.workdir.name}.log")
        follower = _Follower(trial, run, started)
        try:
            if self._program.read_result(run.workdir) is None:
                run_training(
                    TrainingCommand(words, run.workdir, log), follower.on_epoch
                )
            result = self._program.read_result(run.workdir)
            if result is None:
                raise ValueError("the command has ended without a result")
            score = run.score(result)
        except (TrainingFailedError, ValueError) as error:
            trial.set_user_attr(ERROR, f"{error} ({log})")
            raise TrainingFailedError(str(error)) from None
        finally:
            follower.record_time()
        trial.set_user_attr(RESULT, result)
        if run.final:
            rows = read_json_lines(run.workdir / "metrics.jsonl")
            trial.set_user_attr(METRICS, json.dumps(rows))
        return score


def _was_failed_by_another(error: Exception) -> bool:
    """Return whether another worker took this one's trial for dead.

    Optuna then refuses each report of the trial, and its result.
    """
    import optuna

    return isinstance(error, optuna.exceptions.UpdateFinishedTrialError) or str(
        error
    ).startswith("Cannot tell a ")


class _Follower:
    """Report the epochs of a run to Optuna."""

    def __init__(self, trial: Trial, run: TrialRun, started: float) -> None:
        self._trial = trial
        self._run = run
        self._started = self._recorded = started
        epochs = run.flags["generations"] * run.flags["epochs_per_generation"]
        self._every = max(1, epochs // REPORTS)
        # A trial that is tried again has the reports of the earlier one.
        reported = trial.study.get_trials(deepcopy=False)[trial.number]
        self._last = max(reported.intermediate_values, default=-1)

    def on_epoch(self, row: Mapping[str, Any]) -> None:
        import optuna

        if time.monotonic() - self._recorded > RECORD_EVERY:
            self.record_time()
        accuracy, epoch = row.get("val_accuracy"), row.get("epoch")
        if not self._run.can_prune or accuracy is None or epoch is None:
            return
        if epoch <= self._last or (epoch + 1) % self._every:
            return
        self._last = int(epoch)
        self._trial.report(float(accuracy), self._last)
        if self._trial.should_prune():
            raise optuna.TrialPruned

    def record_time(self) -> None:
        """Store the seconds that this trial has used."""
        self._recorded = time.monotonic()
        seconds = round(self._recorded - self._started, 1)
        self._trial.set_user_attr(TIME, [self._trial.number, seconds])


def used_seconds(study: Study) -> float:
    """Return the seconds that all trials of an Optuna study have used.

    Args:
        study: The study.
    """
    times = (
        (trial.number, trial.user_attrs.get(TIME, (-1, 0)))
        for trial in study.get_trials(deepcopy=False)
    )
    return sum(time[1] for number, time in times if time[0] == number)


def first_number(trial: Trial) -> int:
    """Return the number of the first try of a trial; see `MAX_RETRIES`.

    Args:
        trial: The trial.
    """
    from optuna.storages import RetryHeartbeatStaleTrialCallback

    frozen = trial.study.get_trials(deepcopy=False)[trial.number]
    number = RetryHeartbeatStaleTrialCallback.retried_trial_number(frozen)
    return trial.number if number is None else number

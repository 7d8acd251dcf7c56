"""Run one trial of a study: train, report to Optuna, store the result."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optuna.exceptions import TrialPruned, UpdateFinishedTrialError

from seal_tf.study.candidates import Candidate
from seal_tf.study.file_lock import FileLock
from seal_tf.study.program import Program, format_command
from seal_tf.study.retries import retry_stopped
from seal_tf.study.slots import (
    ERROR,
    SECONDS,
    Slot,
    find_slot,
)
from seal_tf.study.storage import StudyStorage
from seal_tf.study.training_process import (
    TrainingCommand,
    TrainingFailedError,
    run_training,
)
from seal_tf.utils.files import read_json_lines, write_text

if TYPE_CHECKING:
    from optuna import Study, Trial

#: User attributes of a trial: its command, the name of its work directory,
#: and, of a final run, the result and the metrics of each epoch.
COMMAND, FOLDER, RESULT, METRICS = "command", "folder", "result", "metrics"
#: Largest number of values that a trial reports.
REPORTS = 32
#: Seconds between two records of a trial's time.
RECORD_EVERY = 5.0


class SurplusTrialError(Exception):
    """Another worker has taken the last slot in the meantime."""


@dataclasses.dataclass(frozen=True)
class TrialRun:
    """What a trial runs.

    Args:
        candidate: The candidate.
        flags: Its flags.
        seed: Seed of the run.
        workdir: Work directory of the run.
        final: Whether it is a final run. Other runs may be stopped early.
    """

    candidate: Candidate
    flags: Mapping[str, Any]
    seed: int
    workdir: Path
    final: bool


class TrialRunner:
    """Run trials, one at a time.

    Args:
        program: The program to run.
        storage: The storage of the study.
    """

    def __init__(self, program: Program, storage: StudyStorage) -> None:
        self._program = program
        self._owners = storage.owners

    def run_next(
        self,
        study: Study,
        has_work: Callable[[], bool],
        describe: Callable[[Trial, int], TrialRun],
    ) -> Slot | None:
        """Run the next trial of an Optuna study.

        Args:
            study: The study.
            has_work: Whether the plan has another trial. Workers that share
                a file call it one at a time.
            describe: Suggests the values of a trial, which has the given
                slot, and returns its run. Raises `SurplusTrialError` if the
                plan does not have the slot.

        Returns:
            The slot of the trial. None if the plan does not have it, or if
            another worker took this one for dead.

        Raises:
            KeyboardInterrupt: The user has stopped the trial. A worker that
                resumes tries it again.
        """
        numbers: list[int] = []
        errors: list[BaseException] = []

        def objective(trial: Trial) -> float:
            try:
                numbers.append(trial.number)
                self._owners.begin(study, trial.number)
                claim.close()
                return self._run(trial, describe)
            except BaseException as error:
                errors.append(error)
                raise

        try:
            with contextlib.ExitStack() as claim:
                claim.enter_context(self._owners.exclusive(study.study_name))
                if not has_work():
                    return None
                study.optimize(
                    objective,
                    n_trials=1,
                    catch=(TrainingFailedError, SurplusTrialError),
                )
        except (Exception, KeyboardInterrupt) as error:
            cause = errors[-1] if errors else None
            if isinstance(cause or error, KeyboardInterrupt):
                if numbers:
                    retry_stopped(study, numbers[-1])
                raise (cause or error) from None
            is_own = error is cause and not isinstance(
                error, UpdateFinishedTrialError
            )
            if is_own or not numbers or not _has_failed(study, numbers[-1]):
                raise
            # Another worker took this one for dead and has failed the trial.
            # Optuna then refuses what this one stores, and its result.
            return None
        finally:
            self._owners.end()
        if errors and isinstance(errors[-1], SurplusTrialError):
            return None
        return find_slot(study, numbers[-1])

    def _run(
        self, trial: Trial, describe: Callable[[Trial, int], TrialRun]
    ) -> float:
        slot = find_slot(trial.study, trial.number)
        if slot is None:
            raise SurplusTrialError
        run = describe(trial, slot.index)
        first = slot.trials[0]
        name = f"{trial.study.study_name} {first.number} {first.datetime_start}"
        with _choose_folder(run.workdir, name) as (workdir, lock):
            run = dataclasses.replace(run, workdir=workdir)
            return self._train(trial, run, lock)

    def _train(self, trial: Trial, run: TrialRun, lock: FileLock) -> float:
        arguments = self._program.build_command(
            run.flags, run.seed, run.workdir, run.final
        )
        trial.set_user_attr(COMMAND, format_command(arguments))
        trial.set_user_attr(FOLDER, run.workdir.name)
        log = run.workdir.with_name(f"{run.workdir.name}.log")
        follower = _Follower(trial, run)
        try:
            if not self._is_finished(run.workdir):
                run_training(
                    TrainingCommand(
                        arguments, run.workdir, log, keep_open=[lock.fileno()]
                    ),
                    follower.on_epoch,
                )
            result = self._program.read_result(run.workdir)
            if result is None:
                raise ValueError(
                    "the command has ended without a result: "
                    f"{run.workdir / self._program.result_file} is missing"
                )
            score = self._program.read_score(run.candidate, result)
        except (TrainingFailedError, ValueError) as error:
            # The run is tried again when its cause is corrected; until then
            # a result of it is not one.
            (run.workdir / self._program.result_file).unlink(missing_ok=True)
            trial.set_user_attr(ERROR, f"{error} ({log})")
            raise TrainingFailedError(str(error)) from None
        finally:
            # Another worker may have taken this one for dead.
            with contextlib.suppress(UpdateFinishedTrialError):
                follower.record_time()
        if run.final:
            rows = read_json_lines(run.workdir / "metrics.jsonl")
            trial.set_user_attr(METRICS, json.dumps(rows))
            trial.set_user_attr(RESULT, result)
        return score

    def _is_finished(self, workdir: Path) -> bool:
        try:
            return self._program.read_result(workdir) is not None
        except ValueError:
            # A worker may have died while its script wrote the result.
            return False


def _has_failed(study: Study, number: int) -> bool:
    return study.get_trials(deepcopy=False)[number].state.name == "FAIL"


@contextlib.contextmanager
def _choose_folder(workdir: Path, slot: str) -> Iterator[tuple[Path, FileLock]]:
    """Lock a work directory of a slot: `workdir`, or `workdir-2`, ….

    A folder is passed over if another worker uses it: one that was paused for
    so long that it was taken for dead may still train there. It is also
    passed over if it belongs to another study, whose storage was deleted or
    has another name: its result is not that of this slot.
    """
    for number in itertools.count(1):
        suffix = "" if number == 1 else f"-{number}"
        folder = workdir.with_name(f"{workdir.name}{suffix}")
        lock = FileLock(folder.with_name(f"{folder.name}.lock"))
        if not lock.acquire(wait=False):
            continue
        try:
            owner = folder.with_name(f"{folder.name}.slot")
            if not folder.exists():
                write_text(owner, slot)
            elif not owner.exists() or owner.read_text() != slot:
                continue
            yield folder, lock
            return
        finally:
            lock.release()


def _describe_wrong_row(row: object) -> str:
    return (
        'metrics.jsonl must have lines like {"epoch": 0, "val_accuracy": 0.4}. '
        f"Received: {json.dumps(row)[:80]}"
    )


class _Follower:
    """Report the epochs of a run to Optuna."""

    def __init__(self, trial: Trial, run: TrialRun) -> None:
        self._trial = trial
        self._can_prune = not run.final
        self._started = self._recorded = time.monotonic()
        epochs = run.flags["generations"] * run.flags["epochs_per_generation"]
        self._every = max(1, epochs // REPORTS)
        # A trial that is tried again has the reports of the earlier one.
        reports = trial.study.get_trials(deepcopy=False)[trial.number]
        self._last = max(reports.intermediate_values, default=-1)

    def on_epoch(self, row: Mapping[str, Any]) -> None:
        if time.monotonic() - self._recorded > RECORD_EVERY:
            self.record_time()
        if not isinstance(row, Mapping):
            raise ValueError(_describe_wrong_row(row))
        accuracy, epoch = row.get("val_accuracy"), row.get("epoch")
        if not self._can_prune or accuracy is None or epoch is None:
            return
        if not all(isinstance(n, int | float) for n in (epoch, accuracy)):
            raise ValueError(_describe_wrong_row(row))
        if epoch < self._last or (epoch + 1) % self._every:
            return
        if epoch > self._last:
            self._last = int(epoch)
            self._trial.report(float(accuracy), self._last)
        if self._trial.should_prune():
            raise TrialPruned

    def record_time(self) -> None:
        """Store the seconds that this trial has used."""
        self._recorded = time.monotonic()
        seconds = round(self._recorded - self._started, 1)
        self._trial.set_user_attr(SECONDS, seconds)

"""Run the commands of a study in separate processes, several at a time."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import os
import shlex
import signal
import sys
import threading
import time
import types
from collections.abc import Callable, Iterable
from pathlib import Path

from seal_tf.study.training_process import (
    TrainingCommand,
    TrainingFailedError,
    TrainingStoppedError,
    run_training,
)
from seal_tf.utils.files import write_json
from seal_tf.utils.processor import processor_name
from studies.curves import read_curves
from studies.results import RunResult, check_flags
from studies.study import PlannedRun


@dataclasses.dataclass(frozen=True)
class RunnerSettings:
    """Where and how runs are trained.

    Args:
        workdirs: Folder of the study's work directories.
        out: Folder of the work directories of all studies.
        data: Folder of the archives of images.
        jobs: Number of runs at a time; they share the cores.
    """

    workdirs: Path
    out: Path
    data: Path
    jobs: int


class Runner:
    """Train the runs of a study.

    A run that was interrupted resumes from its last checkpoint. A run that
    is finished does not run again.

    Args:
        settings: Where and how runs are trained.
    """

    def __init__(self, settings: RunnerSettings) -> None:
        self._settings = settings
        self._stop_event = threading.Event()

    def workdir(self, run: PlannedRun) -> Path:
        """Return the work directory of a run."""
        return self._settings.workdirs / run.name

    def environment(self) -> dict[str, str]:
        """Return the environment variables on which the results depend."""
        threads = max(1, (os.cpu_count() or 1) // self._settings.jobs)
        return {
            "TF_NUM_INTRAOP_THREADS": str(threads),
            "TF_NUM_INTEROP_THREADS": str(threads),
        }

    def run_all(
        self,
        runs: Iterable[PlannedRun],
        on_result: Callable[[PlannedRun, RunResult], object],
    ) -> list[str]:
        """Train the runs that are not finished, in order.

        Args:
            runs: The runs.
            on_result: Called with a run and its result when the run ends.

        Returns:
            Names of the failed runs.

        Raises:
            KeyboardInterrupt: A signal stopped the command. Interrupted runs
                resume at the next call.
        """
        handlers = {
            signum: signal.signal(signum, self._stop)
            for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
            # nohup ignores SIGHUP.
            if signal.getsignal(signum) != signal.SIG_IGN
        }
        failed = []
        try:
            with concurrent.futures.ThreadPoolExecutor(
                self._settings.jobs
            ) as pool:
                futures = {pool.submit(self._run, run): run for run in runs}
                try:
                    for future in concurrent.futures.as_completed(futures):
                        run, result = futures[future], future.result()
                        if result is not None:
                            on_result(run, result)
                        elif not self._stop_event.is_set():
                            failed.append(run.name)
                except BaseException:
                    # The pool would run all waiting runs before it closes.
                    self._stop(signal.SIGTERM, None)
                    raise
        finally:
            for signum, handler in handlers.items():
                signal.signal(signum, handler)
        if self._stop_event.is_set():
            raise KeyboardInterrupt
        return failed

    def _run(self, run: PlannedRun) -> RunResult | None:
        """Run one command; return None if it fails or is stopped."""
        file = self.workdir(run) / run.result_file
        if not file.exists():
            if self._stop_event.is_set():
                return None
            _print_line(f"started: {run.name}")
            if not self._call(run):
                return None
        content = json.loads(file.read_text())
        check_flags(run, content, file)
        return {
            **json.loads(self._facts_file(run).read_text()),
            "date": time.strftime("%Y-%m-%d", _modification_time(file)),
            "result": content,
            "curves": read_curves(self.workdir(run)),
        }

    def _call(self, run: PlannedRun) -> bool:
        """Run a command, and return whether it has succeeded."""
        log = self._beside(run, ".log")
        arguments = run.command(
            self.workdir(run), self._settings.data, self._settings.out
        )
        # Written at the start: the next call may be on another machine.
        log.parent.mkdir(parents=True, exist_ok=True)
        write_json(
            self._facts_file(run),
            {
                "command": _shell_command(self.environment(), run),
                "machine": f"{os.cpu_count()} cores of {processor_name()}",
                "jobs": self._settings.jobs,
            },
        )
        command = TrainingCommand(
            [sys.executable, "-m", *arguments],
            self.workdir(run),
            log,
            self.environment(),
        )
        try:
            run_training(command, stop=self._stop_event)
        except TrainingFailedError as error:
            _print_line(f"failed: {run.name}: {error} ({log})")
            return False
        except TrainingStoppedError:
            return False
        return True

    def _facts_file(self, run: PlannedRun) -> Path:
        return self._beside(run, ".json")

    def _beside(self, run: PlannedRun, suffix: str) -> Path:
        workdir = self.workdir(run)
        return workdir.with_name(workdir.name + suffix)

    def _stop(self, signum: int, frame: types.FrameType | None) -> None:
        self._stop_event.set()


def _print_line(text: str) -> None:
    # Runs print from threads, and print() writes the end of a line by itself.
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _shell_command(environment: dict[str, str], run: PlannedRun) -> str:
    """Return the command for a shell, with DATA for the folder of archives."""
    command = run.command("DIR", "DATA", "OUT")
    variables = " ".join(f"{k}={v}" for k, v in environment.items())
    return f"{variables} python -m {shlex.join(command)}"


def _modification_time(path: Path) -> time.struct_time:
    return time.localtime(path.stat().st_mtime)

"""The runs of a study as processes of their own, several at a time."""

from __future__ import annotations

import concurrent.futures
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from benchmarks.record import processor
from seal_tf.files import write_json


class Runner:
    """Does runs, and keeps what each found as it ends.

    A run that is cut off goes on where it was when it is asked for again;
    one whose result is there is not done again.

    Args:
        out: Folder of the work directories of all studies.
        study: The study's name.
        data: Folder of the archives.
        jobs: Runs at a time; the cores are shared among them.
    """

    def __init__(self, out, study: str, data, jobs: int):
        self._out, self._data, self._jobs = Path(out), Path(data), jobs
        self._study = study
        self._running: set[subprocess.Popen] = set()
        self._lock = threading.Lock()
        self._stopped = None

    def folder(self, planned) -> Path:
        return self._out / self._study / planned.name

    def environment(self) -> dict[str, str]:
        """What a run needs beside its flags to give the same figures."""
        threads = max(1, (os.cpu_count() or 1) // self._jobs)
        return {
            "TF_NUM_INTRAOP_THREADS": str(threads),
            "TF_NUM_INTEROP_THREADS": str(threads),
        }

    def all(self, runs, done) -> list[str]:
        """Does what is missing, the first runs first.

        Args:
            runs: The `Planned` ones.
            done: Called with a run and what it found, as it ends.

        Returns:
            The names of those that failed.

        Raises:
            KeyboardInterrupt: asked to stop; what was begun goes on later.
        """
        before = {
            signum: signal.signal(signum, self._stop)
            for signum in (signal.SIGINT, signal.SIGTERM)
        }
        failed = []
        try:
            with concurrent.futures.ThreadPoolExecutor(self._jobs) as pool:
                waiting = {pool.submit(self.one, run): run for run in runs}
                for ended in concurrent.futures.as_completed(waiting):
                    run, found = waiting[ended], ended.result()
                    if found is not None:
                        done(run, found)
                    elif not self._stopped:
                        failed.append(run.name)
                        print(f"failed: {run.name}, see {self._log(run)}")
        finally:
            for signum, handler in before.items():
                signal.signal(signum, handler)
        if self._stopped:
            raise KeyboardInterrupt
        return failed

    def one(self, planned) -> dict | None:
        """Does one run; None where it did not end well."""
        result = self.folder(planned) / planned.result
        command = planned.words(self.folder(planned), self._data, self._out)
        if not result.exists():
            if self._stopped:
                return None
            print(f"begins: {planned.name}", flush=True)
            if self._call(planned, command):
                return None
        return {
            "command": _said(self.environment(), planned),
            "date": time.strftime("%Y-%m-%d", _written(result)),
            "machine": f"{os.cpu_count()} cores of {processor()}",
            "jobs": self._jobs,
            "result": json.loads(result.read_text()),
        }

    def _call(self, planned, command):
        log = self._log(planned)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                env=os.environ | self.environment(),
                stdout=said,
                stderr=said,
                # Ctrl-C reaches us alone, and we tell them.
                start_new_session=True,
            )
            with self._lock:
                self._running.add(process)
            if self._stopped:
                process.terminate()
            code = process.wait()
            with self._lock:
                self._running.discard(process)
        return code

    def _log(self, planned):
        return self.folder(planned).with_name(
            self.folder(planned).name + ".log"
        )

    def _stop(self, signum, frame):
        self._stopped = signum
        for process in list(self._running):
            process.terminate()


def _said(environment, planned):
    """The command as people repeat it; DATA is the folder of the archives."""
    words = planned.words("DIR", "DATA", "OUT")
    variables = " ".join(f"{k}={v}" for k, v in environment.items())
    return f"{variables} python -m {shlex.join(words)}"


def _written(path):
    return time.localtime(path.stat().st_mtime)


def keep(folder, planned, found) -> Path:
    """Keeps what a run found as JSON under a study's folder of results."""
    path = Path(folder) / "json" / f"{planned.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, found)
    return path

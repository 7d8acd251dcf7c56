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
from seal_tf.utils.files import write_json


class Runner:
    """Does runs, and keeps what each found as it ends.

    A run that is cut off goes on where it was when it is asked for again;
    one whose result is there is not done again.

    Args:
        out: Folder of the work directories of all studies.
        study: The study's name.
        data: Folder of the archives.
        jobs: Runs at a time; the cores are shared among them.
        elsewhere: Folder of the study's own work directories; None: in `out`.
    """

    def __init__(self, out, study: str, data, jobs: int, elsewhere=None):
        self._out, self._data, self._jobs = Path(out), Path(data), jobs
        self._own = Path(elsewhere or self._out / study)
        self._running: set[subprocess.Popen] = set()
        self._lock = threading.Lock()
        self._stopped = None

    def folder(self, planned) -> Path:
        return self._own / planned.name

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
            for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        failed = []
        try:
            with concurrent.futures.ThreadPoolExecutor(self._jobs) as pool:
                waiting = {pool.submit(self._one, run): run for run in runs}
                try:
                    for ended in concurrent.futures.as_completed(waiting):
                        run, found = waiting[ended], ended.result()
                        if found is not None:
                            done(run, found)
                        elif not self._stopped:
                            failed.append(run.name)
                            print(f"failed: {run.name}: {self._last(run)}")
                except BaseException:
                    # What has not begun must not be done first.
                    self._stop(signal.SIGTERM, None)
                    raise
        finally:
            for signum, handler in before.items():
                signal.signal(signum, handler)
        if self._stopped:
            raise KeyboardInterrupt
        return failed

    def _one(self, planned) -> dict | None:
        """Does one run; None where it did not end well."""
        result = self.folder(planned) / planned.result
        if not result.exists():
            if self._stopped:
                return None
            print(f"begins: {planned.name}", flush=True)
            if self._call(planned):
                return None
        found = json.loads(result.read_text())
        check_flags(planned, found, result)
        return {
            **json.loads(self._facts(planned).read_text()),
            "date": time.strftime("%Y-%m-%d", _written(result)),
            "result": found,
        }

    def _call(self, planned):
        command = planned.words(self.folder(planned), self._data, self._out)
        log = self._log(planned)
        log.parent.mkdir(parents=True, exist_ok=True)
        # As it is begun: who calls again may have another machine.
        write_json(
            self._facts(planned),
            {
                "command": _said(self.environment(), planned),
                "machine": f"{os.cpu_count()} cores of {processor()}",
                "jobs": self._jobs,
            },
        )
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
        return self._beside(planned, ".log")

    def _facts(self, planned):
        return self._beside(planned, ".json")

    def _beside(self, planned, ending):
        folder = self.folder(planned)
        return folder.with_name(folder.name + ending)

    def _last(self, planned):
        """The last line that a run said, and where all of them are."""
        lines = self._log(planned).read_text(errors="replace").splitlines()
        return (
            f"{lines[-1] if lines else 'nothing said'} ({self._log(planned)})"
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


def kept(folder, planned) -> dict | None:
    """What is kept of a run already, of these very flags; None: nothing.

    Args:
        folder: The study's folder of results.
        planned: The `Planned` run.

    Raises:
        ValueError: it is of other flags than the study has now.
    """
    path = _path(folder, planned)
    if not path.exists():
        return None
    found = json.loads(path.read_text())
    check_flags(planned, found["result"], path)
    return found


def check_flags(planned, result, path) -> None:
    """Raises ValueError where a result is of other flags than planned.

    Flags that came later, or say where things are, are not looked at.
    """
    theirs = result.get("flags", {})
    differ = [
        f"--{name}={theirs[name]} there, {value} planned"
        for name, value in planned.flags.items()
        if name in theirs
        and name not in ("data_dir", "export", "flagfile")
        and theirs[name] != value
    ]
    if differ:
        raise ValueError(
            f"{path}: a result of other flags ({'; '.join(differ)}). Delete "
            "it and its work directory to do the run anew."
        )


def _path(folder, planned):
    return Path(folder) / "json" / f"{planned.name}.json"


def keep(folder, planned, found) -> Path:
    """Keeps what a run found as JSON under a study's folder of results."""
    path = _path(folder, planned)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, found)
    return path

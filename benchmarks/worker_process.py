"""Run a step in a separate process, on request."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable


class WorkerProcess:
    """Start `python -m MODULE ARGUMENTS` and request steps from it.

    Args:
        module: A module whose `main` calls `serve_steps`.
        *arguments: Arguments of its command line.
        **environment: Environment variables.
    """

    def __init__(
        self, module: str, *arguments: str, **environment: str
    ) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", **environment},
        )

    def __call__(self) -> float:
        """Run one step, and return its time in seconds.

        Raises:
            RuntimeError: The process has ended.
        """
        assert self._process.stdin and self._process.stdout
        print("step", file=self._process.stdin, flush=True)
        for line in self._process.stdout:
            if line.startswith("seconds "):
                return float(line.split()[1])
        self._errors.seek(0)
        raise RuntimeError(
            f"The process {self._process.args!r} has ended: "
            f"{self._errors.read()[-3000:]}"
        )

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
        self._errors.close()


def serve_steps(step: Callable[[], object], steps: int = 1) -> None:
    """Run a step for each line of stdin, and print its time.

    Args:
        step: Function that runs `steps` steps.
        steps: Number of steps of one call.
    """
    for _ in sys.stdin:
        # An untimed call fills the caches, which the other processes used.
        step()
        start = time.perf_counter()
        step()
        seconds = (time.perf_counter() - start) / steps
        print(f"seconds {seconds}", flush=True)

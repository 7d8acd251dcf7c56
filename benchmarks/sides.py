"""A side in a process of its own, that takes a step whenever it is asked."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time


class Side:
    """Starts `python -m MODULE ARGUMENTS` and asks it for steps.

    Args:
        module: Its main ends in `serve`.
        *arguments: Of its command line.
        **env: Environment variables, as text.
    """

    def __init__(self, module, *arguments, **env):
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", **env},
        )

    def __call__(self) -> float:
        """Seconds of one step."""
        print("step", file=self._process.stdin, flush=True)
        for line in self._process.stdout:
            if line.startswith("seconds "):
                return float(line.split()[1])
        self._errors.seek(0)
        raise RuntimeError(
            f"{self._process.args} ended: {self._errors.read()[-3000:]}"
        )

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._errors.close()


def serve(step, steps: int = 1) -> None:
    """Takes a step for every line of stdin, and says how long it took.

    Args:
        step: Takes one step, or several.
        steps: How many.
    """
    for _ in sys.stdin:
        # What the others left in the caches is not this step's fault.
        step()
        began = time.perf_counter()
        step()
        seconds = (time.perf_counter() - began) / steps
        print(f"seconds {seconds}", flush=True)

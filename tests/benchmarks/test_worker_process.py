"""Tests of steps in a separate process."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from benchmarks import worker_process

MODULE = """
import os, sys
from benchmarks.worker_process import serve_steps
if sys.argv[1] == "fail":
    raise ValueError("a fault")
serve_steps(lambda: print("noise", os.environ["VALUE"]))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a module that serves steps."""
    (tmp_path / "served_steps.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path.cwd()}")
    return "served_steps"


def test_worker_process_returns_the_time_of_a_step(module: str) -> None:
    worker = worker_process.WorkerProcess(module, "serve", VALUE="x")
    assert worker() >= 0
    assert worker() >= 0
    worker.close()


def test_worker_process_that_ends_raises_with_its_error(module: str) -> None:
    worker = worker_process.WorkerProcess(module, "fail")
    with pytest.raises((RuntimeError, BrokenPipeError), match="a fault|pipe"):
        worker()


def test_serve_steps_divides_by_the_number_of_steps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[int] = []
    times = iter([1.0, 9.0])
    monkeypatch.setattr(sys, "stdin", io.StringIO("step\n"))
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    worker_process.serve_steps(lambda: calls.append(1), steps=4)
    # One call fills the caches, and one is timed.
    assert calls == [1, 1]
    assert capsys.readouterr().out == "seconds 2.0\n"

"""Tests of the runner; slow tests of the command run real trainings."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

from studies import runner
from tests.studies.samples import planned_run


@pytest.fixture
def tiny_runner(tmp_path: Path) -> runner.Runner:
    return runner.Runner(
        runner.RunnerSettings(tmp_path / "work", tmp_path, tmp_path, jobs=1)
    )


def test_environment_divides_the_cores_among_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    settings = runner.RunnerSettings(tmp_path, tmp_path, tmp_path, jobs=3)
    assert runner.Runner(settings).environment() == {
        "TF_NUM_INTRAOP_THREADS": "2",
        "TF_NUM_INTEROP_THREADS": "2",
    }


def test_run_all_reads_a_finished_run_without_running_it(
    tiny_runner: runner.Runner,
) -> None:
    run = planned_run(method="normal")
    workdir = tiny_runner.workdir(run)
    workdir.mkdir(parents=True)
    (workdir / "summary.json").write_text(
        json.dumps({"flags": {"method": "normal"}})
    )
    facts = {"command": "x", "machine": "m", "jobs": 1}
    (workdir.parent / "long-seed0.json").write_text(json.dumps(facts))
    results = []
    failed = tiny_runner.run_all([run], lambda *pair: results.append(pair))
    assert failed == []
    ((same, result),) = results
    assert same is run
    assert result.items() >= facts.items()
    assert result["result"] == {"flags": {"method": "normal"}}


def test_run_all_with_a_failing_command_returns_its_name(
    tiny_runner: runner.Runner,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    run = planned_run(method="normal")
    assert tiny_runner.run_all([run], lambda *_: None) == ["digits/long-seed0"]
    output = capsys.readouterr().out
    assert "started: digits/long-seed0" in output
    assert "failed: digits/long-seed0: no output" in output
    facts = tiny_runner.workdir(run).parent / "long-seed0.json"
    command = json.loads(facts.read_text())["command"]
    assert command.endswith(
        "python -m seal_tf.train --method=normal --fast_ops=table --workdir=DIR"
    )


def test_run_all_leaves_ignored_signals_ignored(
    tiny_runner: runner.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers = {}

    def call(run: object) -> None:
        for signum in (signal.SIGHUP, signal.SIGTERM):
            handlers[signum] = signal.getsignal(signum)

    monkeypatch.setattr(tiny_runner, "_run", call)
    previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        tiny_runner.run_all([planned_run(method="normal")], lambda *_: None)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, previous)
    # As under nohup.
    assert handlers[signal.SIGHUP] == signal.SIG_IGN
    assert handlers[signal.SIGTERM] == tiny_runner._stop

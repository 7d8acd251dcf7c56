"""A fixed number of runs is shared by the workers of a study."""

import pytest

from seal_tf.study import fixed_runs
from seal_tf.study.fixed_runs import FixedRuns
from seal_tf.study.trial_runner import TrialRun, TrialRunner
from tests.study import fakes
from tests.study.owners import open_workers

LONG = fakes.candidate("long")
FLAGS = {"generations": 1, "epochs_per_generation": fakes.EPOCHS}


@pytest.fixture
def program(monkeypatch):
    monkeypatch.setattr(fixed_runs, "POLL", 0.01)
    return fakes.FakeProgram(monkeypatch)


def _runs(storage, folder, program, finished, count=3):
    def describe(trial, index):
        return TrialRun(LONG, FLAGS, index, folder / f"run{index}", final=True)

    return FixedRuns(
        storage.open_study("study/runs"),
        storage,
        TrialRunner(program, storage),
        count=count,
        describe=describe,
        on_finish=lambda slot: finished.append(slot.index),
    )


class _WaitError(Exception):
    """The worker waits for others."""


def test_workers_share_the_runs(program, tmp_path, monkeypatch):
    first, second = open_workers("journal", tmp_path)
    by_first, by_second = [], []

    def wait(seconds):
        raise _WaitError

    def run_second(run, epoch):
        program.on_epoch = lambda run, epoch: None
        # It runs all others, and waits for the first one.
        with pytest.raises(_WaitError):
            _runs(second, tmp_path, program, by_second).run()

    monkeypatch.setattr(fixed_runs.time, "sleep", wait)
    program.on_epoch = run_second
    runs = _runs(first, tmp_path, program, by_first)
    runs.run()
    assert (by_first, by_second) == ([0], [1, 2])
    assert [seed for _, seed, _, _ in program.runs] == [0, 1, 2]
    assert all(slot.is_finished for slot in runs.slots())


def test_a_run_that_is_not_in_the_plan_is_not_started(program, tmp_path):
    first, second = open_workers("journal", tmp_path)
    _runs(first, tmp_path, program, []).run()
    finished = []
    runs = _runs(second, tmp_path, program, finished, count=2)
    runs.run()
    assert len(program.runs) == 3
    assert not finished
    assert len(runs.slots()) == 2


def test_the_run_of_a_dead_worker_is_run_again(program, tmp_path):
    first, second = open_workers("journal", tmp_path)

    def kill(run, epoch):
        if len(program.runs) == 2:
            raise fakes.Killed

    program.on_epoch = kill
    with pytest.raises(fakes.Killed):
        _runs(first, tmp_path, program, []).run()
    finished = []
    _runs(second, tmp_path, program, finished).run()
    assert finished == [1, 2]
    assert [seed for _, seed, _, _ in program.runs] == [0, 1, 1, 2]

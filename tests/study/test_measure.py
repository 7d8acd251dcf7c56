"""The time of a run, from scripts that need a known time."""

import json

import pytest

from seal_tf.study import measure
from seal_tf.study.budget import RunTime
from seal_tf.study.measure import (
    describe_time,
    measure_run_time,
    passes_as_time,
)
from seal_tf.study.program import Script

FLAGS = {"generations": 4, "epochs_per_generation": 2}


class Clock:
    """Trainings that take `startup` and `epoch` seconds, without waiting.

    Args:
        startup: Seconds of the startup.
        epoch: Seconds of an epoch.
        has_seconds: Whether the runs write the seconds of each epoch.
        first_extra: Further seconds of the first run.
    """

    def __init__(self, startup, epoch, has_seconds, first_extra=0.0):
        self.startup, self.epoch = startup, epoch
        self.has_seconds, self.first_extra = has_seconds, first_extra
        self.now, self.epochs = 0.0, []

    def monotonic(self):
        return self.now

    def run_training(self, command):
        flags = dict(w[2:].split("=") for w in command.arguments[1:])
        count = int(flags["epochs"])
        self.now += self.startup + count * self.epoch
        self.now += self.first_extra if not self.epochs else 0.0
        self.epochs.append(count)
        command.workdir.mkdir(parents=True)
        rows = [{"epoch": e} for e in range(count)]
        if self.has_seconds:
            # The first epoch compiles.
            rows = [
                {**r, "seconds": self.epoch + 5 * (r["epoch"] == 0)}
                for r in rows
            ]
        (command.workdir / "metrics.jsonl").write_text(
            "".join(json.dumps(row) + "\n" for row in rows)
        )


@pytest.fixture
def measured(monkeypatch, tmp_path):
    def run(clock, program=Script):
        monkeypatch.setattr(measure, "run_training", clock.run_training)
        monkeypatch.setattr(measure.time, "monotonic", clock.monotonic)
        return measure_run_time(program(["train"]), FLAGS, tmp_path)

    return run


class ScriptWithSummaries(Script):
    """A program whose metrics are those of seal_tf."""

    writes_summaries = True


def test_measure_with_seconds_leaves_out_the_first_epoch(measured):
    clock = Clock(12.0, 2.0, has_seconds=True)
    run_time = measured(clock, ScriptWithSummaries)
    assert run_time == RunTime(startup=12.0, epoch=2.0)
    assert clock.epochs == [1, 3]


def test_measure_of_a_script_does_not_trust_its_seconds(measured):
    clock = Clock(2.0, 1.5, has_seconds=True)
    assert measured(clock) == RunTime(startup=2.0, epoch=1.5)


def test_measure_without_seconds_is_a_difference(measured):
    clock = Clock(2.0, 1.5, has_seconds=False)
    assert measured(clock) == RunTime(startup=2.0, epoch=1.5)
    assert clock.epochs == [1, 3]


def test_measure_of_short_epochs_takes_more_of_them(measured):
    clock = Clock(2.0, 0.03, has_seconds=False)
    run_time = measured(clock)
    assert run_time.epoch == pytest.approx(0.03)
    assert run_time.startup == pytest.approx(2.0)
    assert clock.epochs == [1, 3, 12, 48]


def test_measure_of_a_slow_first_run_is_not_negative(measured):
    clock = Clock(2.0, 0.01, has_seconds=False, first_extra=3.0)
    run_time = measured(clock)
    assert clock.epochs[-1] <= measure.MAX_EPOCHS
    assert run_time.epoch >= 1e-3 and run_time.startup >= 0


def test_describe_time():
    assert describe_time(RunTime(14.26, 1.2345)) == (
        "measured: 1.23 s for an epoch, and 14.3 s before and after the epochs "
        "of a run"
    )
    assert passes_as_time().run(7) == 7

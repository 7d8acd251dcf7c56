"""Commands run in this process, on digits, in seconds."""

import json

import pytest

from seal_tf import train

TINY = (
    "--dataset=digits",
    "--images_per_class=6",
    "--classes=4",
    "--arch=small",
    "--batch_size=8",
    "--generations=2",
    "--epochs_per_generation=2",
    "--progress=none",
)
#: What the fixture `done` is trained with, beside these.
DONE = ("--ascent_scale=0.1", "--track_learning")


def run(workdir, *words):
    """Trains; returns the exit code."""
    try:
        return train.main([*TINY, f"--workdir={workdir}", *words])
    except SystemExit as stopped:
        return stopped.code


def refused(capsys, workdir, *words):
    """Runs what is to be refused; returns its one line."""
    assert run(workdir, *words) == 2
    said = capsys.readouterr().err.strip().splitlines()
    ours = [line for line in said if line.startswith("seal_tf: ")]
    assert len(ours) == 1, said
    assert "Traceback" not in "".join(said)
    return ours[0]


def wait_for_epoch(process, number):
    """Until a run in another process (--progress=lines) has ended an epoch."""
    for line in process.stdout:
        if line.startswith(f"epoch {number}/"):
            return
    pytest.fail(process.stderr.read()[-3000:])


def number(value):
    return pytest.approx(value, rel=1e-4, abs=1e-6)


def epochs_of(workdir):
    """The lines of a run's metrics.jsonl."""
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]

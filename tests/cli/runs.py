"""Run the training command in this process, on digits, in seconds."""

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
#: Flags of the fixture `finished_run`, in addition to `TINY`.
FINISHED = ("--ascent_scale=0.1", "--track_learning")


def run(workdir, *words):
    """Train, and return the exit code."""
    try:
        return train.main([*TINY, f"--workdir={workdir}", *words])
    except SystemExit as exit_:
        return exit_.code


def error_of(capsys, workdir, *words):
    """Run a command that must fail, and return its one line."""
    assert run(workdir, *words) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    errors = [line for line in lines if line.startswith("seal_tf: ")]
    assert len(errors) == 1, lines
    assert "Traceback" not in "".join(lines)
    return errors[0]


def wait_for_epoch(process, number):
    """Wait until a process with --progress=lines has ended an epoch."""
    for line in process.stdout:
        if line.startswith(f"epoch {number}/"):
            return
    pytest.fail(process.stderr.read()[-3000:])


def number(value):
    """Compare numbers of two runs on one machine."""
    return pytest.approx(value, rel=1e-4, abs=1e-6)


def epochs_of(workdir):
    """Return the lines of a run's metrics.jsonl."""
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def derive_run(finished, folder, accuracies, entries=None, **flags):
    """Create a run like a finished one, with other flags and results.

    `accuracies` are those after each generation, `entries` others of the
    summary.
    """
    folder.mkdir(parents=True)
    summary = json.loads((finished / "summary.json").read_text())
    summary["flags"] |= flags
    for key in ("method", "seed", "dataset"):
        summary[key] = summary["flags"][key]
    for generation, accuracy in zip(
        summary["generations"], accuracies, strict=True
    ):
        generation["val_accuracy_last"] = accuracy
    summary["last"]["val_accuracy"] = accuracies[-1]
    summary |= entries or {}
    (folder / "summary.json").write_text(json.dumps(summary))
    lines = (finished / "metrics.jsonl").read_text()
    (folder / "metrics.jsonl").write_text(lines)
    return folder

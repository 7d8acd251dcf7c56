import json

import pytest

from seal_tf.callbacks import generation
from seal_tf.checkpoints.files import Checkpoints
from tests.cli.runs import epochs_of, error_of, number, run

DIVERGING = ("--ascent_scale=1e30", "--l2=0")
ROLLBACK = "--on_divergence=rollback"


@pytest.mark.slow
def test_loss_that_stays_infinite_stops_after_max_rollbacks(tmp_path, capsys):
    workdir = tmp_path / "wild"
    assert "loss is no longer finite in epoch 3" in error_of(
        capsys, workdir, *DIVERGING
    )
    line = error_of(capsys, workdir, *DIVERGING, ROLLBACK, "--max_rollbacks=2")
    assert "has reached --max_rollbacks=2" in line
    state = Checkpoints(workdir / "checkpoints").newest()
    assert state.position == (2, 0)
    assert [(b.first_epoch, b.end_epoch, b.factor) for b in state.backoffs] == [
        (2, 3, 0.5)
    ] * 2


@pytest.mark.slow
def test_run_that_starts_with_an_ascent_rolls_back_to_its_start(
    tmp_path, capsys
):
    words = ["--first_generation=1", ROLLBACK, "--max_rollbacks=1"]
    line = error_of(capsys, tmp_path / "w", *DIVERGING, *words)
    assert "has reached --max_rollbacks=1" in line
    state = Checkpoints(tmp_path / "w" / "checkpoints").newest()
    assert state.position == (0, 0)


@pytest.mark.slow
def test_run_without_ascent_cannot_roll_back(tmp_path, capsys):
    words = ["--method=normal", "--learning_rate=1e30", ROLLBACK]
    line = error_of(capsys, tmp_path / "run", *words)
    assert "No ascent came before, so there is no S to reduce" in line


@pytest.fixture
def _infinite_loss_once(monkeypatch):
    """Report an infinite loss once, in the epoch after the ascent."""
    calls = []
    is_finite = generation.is_finite

    def patched(loss):
        calls.append(loss)
        return len(calls) != 4 and is_finite(loss)

    monkeypatch.setattr(generation, "is_finite", patched)


@pytest.mark.usefixtures("_infinite_loss_once")
def test_rollback_halves_s_and_continues(tmp_path, capsys):
    workdir = tmp_path / "run"
    assert run(workdir, "--ascent_scale=0.1", ROLLBACK) == 0
    output = capsys.readouterr().out
    assert (
        "Rolled back to epoch 3, with S x 0.5 in epochs 3 to 3 (rollback 1"
        in output
    )
    epochs = epochs_of(workdir)
    assert [e["epoch"] for e in epochs] == [0, 1, 2, 3]
    assert epochs[2]["early_rate"] == number(-0.05 * epochs[2]["learning_rate"])
    summary = json.loads((workdir / "summary.json").read_text())
    assert summary["rollbacks"] == [
        {"first_epoch": 2, "end_epoch": 3, "factor": 0.5}
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("_infinite_loss_once")
def test_resume_after_rollback_repeats_the_smaller_ascent(tmp_path):
    """The checkpoints of the first attempt are deleted."""
    workdir = tmp_path / "run"
    words = ["--ascent_scale=0.1", ROLLBACK]
    assert run(workdir, *words) == 0
    expected = epochs_of(workdir)
    for name in ("epoch_000003.npz", "epoch_000004.npz"):
        (workdir / "checkpoints" / name).unlink()
    assert run(workdir, *words) == 0
    for a, b in zip(expected, epochs_of(workdir), strict=True):
        assert a["early_rate"] == number(b["early_rate"])
        assert a["loss"] == number(b["loss"])
    # A later ascent has the full S.
    assert run(workdir, *words, "--generations=3") == 0
    epochs = epochs_of(workdir)
    assert epochs[4]["early_rate"] == number(-0.1 * epochs[4]["learning_rate"])
    summary = json.loads((workdir / "summary.json").read_text())
    assert len(summary["rollbacks"]) == 1

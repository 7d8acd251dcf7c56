"""`--on_divergence`: back to before the ascent, and up by half."""

import json

import pytest

from seal_tf.callbacks import generation
from seal_tf.checkpoints import serialization
from tests.commands.runs import epochs_of, number, refused, run

WILD = ("--ascent_scale=1e30", "--l2=0")


@pytest.mark.slow
def test_a_loss_that_stays_infinite(tmp_path, capsys):
    """Stopped; by the same command with rollback; at most n times."""
    workdir = tmp_path / "wild"
    assert "loss is no longer finite in epoch 3" in refused(
        capsys, workdir, *WILD
    )
    line = refused(
        capsys, workdir, *WILD, "--on_divergence=rollback", "--max_rollbacks=2"
    )
    assert "gone back --max_rollbacks=2 times already" in line
    state = checkpoint.Checkpoints(workdir / "checkpoints").newest()
    assert state.position == (2, 0)
    assert [(e.first, e.end, e.share) for e in state.backoffs] == [
        (2, 3, 0.5)
    ] * 2


@pytest.mark.slow
def test_a_run_that_begins_with_an_ascent(tmp_path, capsys):
    """There is a state of before it to go back to."""
    words = ["--first_generation=1", "--on_divergence=rollback"]
    line = refused(capsys, tmp_path / "w", *WILD, *words, "--max_rollbacks=1")
    assert "gone back --max_rollbacks=1 times already" in line
    state = checkpoint.Checkpoints(tmp_path / "w" / "checkpoints").newest()
    assert state.position == (0, 0)


@pytest.mark.slow
def test_nothing_ascended(tmp_path, capsys):
    words = ["--method=normal", "--learning_rate=1e30"]
    words += ["--on_divergence=rollback"]
    line = refused(capsys, tmp_path / "run", *words)
    assert "Nothing ascended before, so there is no S to halve" in line


@pytest.fixture
def _once(monkeypatch):
    """Says once, in the epoch after the ascent, that the loss is infinite."""
    asked = []
    honest = callback.is_finite

    def is_finite(loss):
        asked.append(loss)
        return len(asked) != 4 and honest(loss)

    monkeypatch.setattr(callback, "is_finite", is_finite)


def test_half_of_s_and_on(tmp_path, capsys, _once):
    workdir = tmp_path / "run"
    words = ["--ascent_scale=0.1", "--on_divergence=rollback"]
    assert run(workdir, *words) == 0
    said = capsys.readouterr().out
    assert "Back to epoch 3, with S x 0.5 in epochs 3 to 3 (rollback 1" in said
    epochs = epochs_of(workdir)
    assert [e["epoch"] for e in epochs] == [0, 1, 2, 3]
    assert epochs[2]["early_rate"] == number(-0.05 * epochs[2]["learning_rate"])
    summary = json.loads((workdir / "summary.json").read_text())
    assert summary["rollbacks"] == [{"first": 2, "end": 3, "share": 0.5}]


@pytest.mark.slow
def test_resumed_within_the_smaller_ascent(tmp_path, capsys, _once):
    """Its first attempt's checkpoints are gone; the half is repeated."""
    workdir = tmp_path / "run"
    words = ["--ascent_scale=0.1", "--on_divergence=rollback"]
    assert run(workdir, *words) == 0
    wanted = epochs_of(workdir)
    for name in ("epoch_000003.npz", "epoch_000004.npz"):
        (workdir / "checkpoints" / name).unlink()
    assert run(workdir, *words) == 0
    for a, b in zip(wanted, epochs_of(workdir), strict=True):
        assert a["early_rate"] == number(b["early_rate"])
        assert a["loss"] == number(b["loss"])
    # Gone on with, the smaller S is the run's; a later ascent has the whole.
    assert run(workdir, *words, "--generations=3") == 0
    epochs = epochs_of(workdir)
    assert epochs[4]["early_rate"] == number(-0.1 * epochs[4]["learning_rate"])
    summary = json.loads((workdir / "summary.json").read_text())
    assert len(summary["rollbacks"]) == 1


def test_determinism_and_xla_exclude_each_other(tmp_path, capsys):
    words = ["--deterministic", "--jit_compile=true"]
    assert "no deterministic XLA" in refused(capsys, tmp_path / "w", *words)

"""What a step of the command costs beside its arithmetic."""

import json

import keras
import numpy as np
import pytest
from tensorflow.python.framework import ops

import seal_tf
from benchmarks import profile
from seal_tf.schedules import SEAL
from seal_tf.training import train_step_patch
from tests.commands.runs import epochs_of, refused, run

BATCH = 8


def _fit(steps, callbacks):
    model = seal_tf.models.build("small", (8, 8, 1), 4)
    model.compile(
        seal_tf.optimizers.SGD(0.05, 0.9, l2=1e-3),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH * steps, 8, 8, 1))
    y = np.eye(4)[rng.integers(0, 4, len(x))]
    return model.fit(
        x, y, batch_size=BATCH, epochs=4, verbose=0, callbacks=callbacks
    )


def _seal():
    return seal_tf.GenerationCallback(
        SEAL(generations=2, epochs_per_generation=2, split_at=0.5)
    )


@pytest.mark.slow
def test_no_device_to_host_read_per_step_is_ours(monkeypatch):
    """Keras reads the logs of a step, and whether there was one; we nothing."""
    reads, inner = [], ops._EagerTensorBase._numpy

    def counted(tensor):
        reads.append(1)
        return inner(tensor)

    monkeypatch.setattr(ops._EagerTensorBase, "_numpy", counted)
    counts = {"keras": [], "ours": []}
    for side, seen in counts.items():
        for steps in (3, 13):
            reads.clear()
            _fit(steps, [_seal()] if side == "ours" else [])
            seen.append(len(reads))
    few, many = counts["ours"]
    assert many - few == counts["keras"][1] - counts["keras"][0] > 0


def test_the_step_is_traced_once(tmp_path, monkeypatch):
    """Through ascent and both switches, and for a last batch of another size.

    Keras traces twice where a metric has no variables yet.
    """
    traced, inner = [], train_step_patch.train_step

    def counted(*arguments):
        traced.append(1)
        return inner(*arguments)

    monkeypatch.setattr(lent_step, "train_step", counted)
    assert run(tmp_path / "run", "--batch_size=7") == 0
    assert len(traced) == 1


@pytest.mark.slow
def test_profile(tmp_path, capsys):
    assert run(tmp_path / "run", "--profile_steps=2:3") == 0
    folder = tmp_path / "run" / "tensorboard"
    (path,) = folder.rglob("*.xplane.pb")
    steps, wall, kinds = profile.read(path)
    assert steps == 2
    assert wall > 0
    kinds = dict(kinds)
    # 161 weights need not be; every trained one is moved once a step.
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["parameters"] > 0
    assert kinds["ResourceApplyMomentum"][1] > 10
    # The same run, profiled or not, and goes on without.
    assert run(tmp_path / "run") == 0
    assert run(tmp_path / "plain") == 0
    ours, plain = (
        [e["loss"] for e in epochs_of(tmp_path / name)]
        for name in ("run", "plain")
    )
    assert ours == plain


@pytest.mark.parametrize("steps", ["10", "0:3", "5:4", "a:b"])
def test_a_profile_of_no_steps_is_refused(steps, tmp_path, capsys):
    said = refused(capsys, tmp_path / "run", f"--profile_steps={steps}")
    assert "--profile_steps=10:20" in said
    assert not (tmp_path / "run").exists()

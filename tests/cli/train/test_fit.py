import json

import keras
import numpy as np
import pytest
from tensorflow.python.framework import ops

import seal_tf
from benchmarks import profile
from seal_tf.backends.tensorflow import TensorFlowBackend
from seal_tf.schedules import SEAL
from tests.cli.runs import FINISHED, epochs_of, error_of, number, run

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
def test_step_adds_no_device_to_host_read(monkeypatch):
    """Keras reads the logs of each step; the callback reads nothing."""
    reads, inner = [], ops._EagerTensorBase._numpy

    def count_read(tensor):
        reads.append(1)
        return inner(tensor)

    monkeypatch.setattr(ops._EagerTensorBase, "_numpy", count_read)
    counts = {"keras": [], "seal": []}
    for kind, seen in counts.items():
        for steps in (3, 13):
            reads.clear()
            _fit(steps, [_seal()] if kind == "seal" else [])
            seen.append(len(reads))
    few, many = counts["seal"]
    assert many - few == counts["keras"][1] - counts["keras"][0] > 0


def test_step_is_traced_once_through_ascent_and_partial_batch(
    tmp_path, monkeypatch
):
    """Keras itself traces twice if a metric has no variables yet."""
    traced, inner = [], TensorFlowBackend.train_step

    def count_trace(*arguments):
        traced.append(1)
        return inner(*arguments)

    monkeypatch.setattr(TensorFlowBackend, "train_step", count_trace)
    assert run(tmp_path / "run", "--batch_size=7") == 0
    assert len(traced) == 1


@pytest.mark.slow
def test_profile_steps_are_written_and_change_no_loss(tmp_path):
    assert run(tmp_path / "run", "--profile_steps=2:3") == 0
    folder = tmp_path / "run" / "tensorboard"
    (path,) = folder.rglob("*.xplane.pb")
    steps, wall, kinds = profile.read(path)
    assert steps == 2
    assert wall > 0
    kinds = dict(kinds)
    # The step updates every trained weight once.
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["parameters"] > 0
    assert kinds["ResourceApplyMomentum"][1] > 10
    # The flag changes nothing else: the run resumes without it.
    assert run(tmp_path / "run") == 0
    assert run(tmp_path / "plain") == 0
    profiled, plain = (
        [e["loss"] for e in epochs_of(tmp_path / name)]
        for name in ("run", "plain")
    )
    assert profiled == plain


def test_rare_validation_changes_no_training_and_no_result(
    finished_run, tmp_path
):
    assert run(tmp_path / "rare", *FINISHED, "--validation_freq=3") == 0
    expected, epochs = epochs_of(finished_run), epochs_of(tmp_path / "rare")
    validated = [e for e in epochs if e["val_accuracy"] is not None]
    assert [e["epoch"] for e in validated] == [1, 2, 3]
    for e, other in zip(epochs, expected, strict=True):
        assert e["loss"] == number(other["loss"])
    for e in validated:
        for name in ("val_accuracy", "val_loss"):
            assert e[name] == number(expected[e["epoch"]][name])
    assert (tmp_path / "rare" / "report.html").exists()


@pytest.mark.parametrize("steps", ["10", "0:3", "5:4", "a:b"])
def test_profile_steps_of_another_form_are_refused(steps, tmp_path, capsys):
    line = error_of(capsys, tmp_path / "run", f"--profile_steps={steps}")
    assert f"--profile_steps={steps}" in line
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_unbiased_batch_norm_changes_running_variances_only(tmp_path):
    words = ("--method=normal", "--generations=1", "--epochs_per_generation=1")
    weights = []
    for variance in ("biased", "unbiased"):
        workdir = tmp_path / variance
        assert run(workdir, *words, f"--batch_norm_variance={variance}") == 0
        weights.append(
            {
                v.path: np.array(v)
                for v in keras.saving.load_model(
                    workdir / "model.keras"
                ).variables
            }
        )
    plain, ours = weights
    for path, value in plain.items():
        if path.endswith("moving_variance"):
            assert (ours[path] > value).all(), path
        else:
            np.testing.assert_allclose(ours[path], value, rtol=1e-4, atol=1e-6)

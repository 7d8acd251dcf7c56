"""SIGTERM, Ctrl-C and kill -9, and the same command again."""

import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from seal_tf.cli.recorder import Recorder
from tests.commands.runs import (
    DONE,
    TINY,
    epochs_of,
    number,
    run,
    wait_for_epoch,
)


class _Send(Recorder):
    """Sends this process a signal, in training or in validation."""

    def on_train_batch_begin(self, batch, logs=None):
        # In the last step of the epoch, or as another is passed over.
        at = {"training": 2, "skipping": 1}.get(self.when)
        if (self.epoch, batch) == (2, at):
            os.kill(os.getpid(), self.signum)

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        type(self).epoch = epoch

    def on_train_end(self, logs=None):
        if self.when == "end":
            os.kill(os.getpid(), self.signum)

    def on_test_batch_begin(self, batch, logs=None):
        if (self.when, self.epoch, batch) == ("validation", 2, 1):
            os.kill(os.getpid(), self.signum)


@pytest.mark.parametrize(
    "when,signum,step",
    [
        ("training", signal.SIGTERM, 3),
        pytest.param("validation", signal.SIGINT, 3, marks=pytest.mark.slow),
    ],
)
def test_one_more_checkpoint(done, tmp_path, capsys, when, signum, step):
    from seal_tf.cli import fitting

    cut = tmp_path / "cut"
    skipping = when == "training"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fitting, "Recorder", _Send)
        patched.setattr(_Send, "when", when, raising=False)
        patched.setattr(_Send, "signum", signum, raising=False)
        assert run(cut, *DONE) == 128 + signum
    (said,) = capsys.readouterr().err.strip().splitlines()[-1:]
    assert said.startswith("seal_tf: stopped by ")
    assert f"epoch_000002_step_00000{step}.npz" in said
    assert len(epochs_of(cut)) == 2
    if skipping:
        # Once more, while the steps that were done are passed over.
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(fitting, "Recorder", _Send)
            patched.setattr(_Send, "when", "skipping", raising=False)
            patched.setattr(_Send, "signum", signum, raising=False)
            assert run(cut, *DONE) == 128 + signum
        said = capsys.readouterr().err
        assert f"epoch_000002_step_00000{step}.npz" in said
    assert run(cut, *DONE) == 0
    said = capsys.readouterr().out
    assert f"goes on after epoch 2 of 4, {step} steps into the next" in said
    for a, b in zip(epochs_of(done), epochs_of(cut), strict=True):
        for key in ("loss", "val_loss", "accuracy", "early_rate"):
            assert a[key] == number(b[key]), key
    ours, theirs = (
        keras.saving.load_model(w / "model.keras").get_weights()
        for w in (done, cut)
    )
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


LONG = (*DONE, "--epochs_per_generation=20", "--deterministic")


def _command(workdir, *words):
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "seal_tf.train"),
            *TINY,
            *LONG,
            f"--workdir={workdir}",
            "--progress=lines",
            *words,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _weights(workdir):
    with np.load(workdir / "checkpoints" / "epoch_000040.npz") as file:
        return {n: file[n] for n in file.files if not n.startswith("head")}


@pytest.mark.slow
def test_as_fit_ends_and_in_validation(tmp_path, capsys):
    """Neither is lost; an epoch that is only validated was not timed."""
    from seal_tf.cli import fitting

    cut = tmp_path / "cut"
    words = ["--method=freezeout", "--freezeout_t0=0.5"]
    for when, said in (("validation", "checkpoint"), ("end", "no new")):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(fitting, "Recorder", _Send)
            patched.setattr(_Send, "when", when, raising=False)
            patched.setattr(_Send, "signum", signal.SIGTERM, raising=False)
            assert run(cut, *words) == 143
        assert f"stopped by SIGTERM, {said}" in capsys.readouterr().err
    assert not (cut / "summary.json").exists()
    assert run(cut, *words) == 0
    assert (cut / "summary.json").exists()
    assert epochs_of(cut)[2]["images_per_second"] is None


@pytest.mark.slow
def test_signals_stop_it_and_it_goes_on(tmp_path):
    """To the last bit, after SIGTERM, Ctrl-C and kill -9 in one run."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    first = _command(whole)
    for signum, epoch, code in (
        (signal.SIGTERM, 4, 143),
        (signal.SIGINT, 16, 130),
        (signal.SIGKILL, 29, -9),
    ):
        process = _command(cut)
        wait_for_epoch(process, epoch)
        process.send_signal(signum)
        said = process.communicate()[1]
        assert process.returncode == code, said
        if code > 0:
            (line,) = [x for x in said.splitlines() if "seal_tf" in x]
            assert "stopped by" in line
            assert "the same command goes on" in line
            assert "epoch_0000" in line
    assert first.communicate() and first.returncode == 0
    last = _command(cut)
    assert "goes on after epoch" in last.communicate()[0]
    assert last.returncode == 0
    times = ("seconds", "images_per_second")
    for a, b in zip(epochs_of(whole), epochs_of(cut), strict=True):
        for key in a.keys() - times:
            assert a[key] == b[key], (a["epoch"], key)
    ours, theirs = _weights(whole), _weights(cut)
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name])

import os
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from seal_tf.cli.train import fit
from seal_tf.cli.train.metrics_writer import MetricsWriter
from seal_tf.cli.train.stop_request import Stopped, StopRequest
from tests.cli.runs import (
    FINISHED,
    TINY,
    epochs_of,
    number,
    run,
    wait_for_epoch,
)


def test_stop_request_stores_the_signal_and_check_raises():
    with StopRequest() as stop:
        stop.check()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.signum == signal.SIGTERM
        with pytest.raises(Stopped, match="SIGTERM, no new") as stopped:
            stop.check()
    assert stopped.value.exit_code == 143


def test_set_handlers_takes_the_signals_from_a_library():
    first = signal.getsignal(signal.SIGTERM)
    with StopRequest() as stop:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stop.set_handlers()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.signum == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == first


def test_second_signal_ends_the_process_at_once():
    code = (
        "import os, signal, time\n"
        "from seal_tf.cli.train.stop_request import StopRequest\n"
        "with StopRequest():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(60)\n"
    )
    assert (
        subprocess.run([sys.executable, "-c", code]).returncode
        == -signal.SIGINT
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_signal_at_a_random_moment_of_the_first_ten_seconds_is_obeyed(
    tmp_path, seed
):
    delay = 10 * np.random.default_rng(seed).random()
    process = _start_process(tmp_path / "run")
    time.sleep(delay)
    process.send_signal(signal.SIGTERM)
    try:
        errors = process.communicate(timeout=60)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail(f"SIGTERM after {delay:.1f} s was not obeyed")
    # Before Python has started, the signal itself ends the process.
    assert process.returncode in (143, -signal.SIGTERM), errors
    assert "Traceback" not in errors


class _Signal(MetricsWriter):
    """Sends this process a signal, in training or in validation."""

    def on_train_batch_begin(self, batch, logs=None):
        # In the last step of the epoch, or while a step is skipped.
        batch_of = {"training": 2, "skipping": 1}.get(self.moment)
        if (self.epoch, batch) == (2, batch_of):
            os.kill(os.getpid(), self.signum)

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        type(self).epoch = epoch

    def on_train_end(self, logs=None):
        if self.moment == "end":
            os.kill(os.getpid(), self.signum)

    def on_test_batch_begin(self, batch, logs=None):
        if (self.moment, self.epoch, batch) == ("validation", 2, 1):
            os.kill(os.getpid(), self.signum)


def _run_with_signal(moment, signum, workdir, *words):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "MetricsWriter", _Signal)
        patch.setattr(_Signal, "moment", moment, raising=False)
        patch.setattr(_Signal, "signum", signum, raising=False)
        return run(workdir, *words)


@pytest.mark.parametrize(
    "moment,signum,step",
    [
        ("training", signal.SIGTERM, 3),
        pytest.param("validation", signal.SIGINT, 3, marks=pytest.mark.slow),
    ],
)
def test_signal_writes_checkpoint_and_run_resumes_equal(
    finished_run, tmp_path, capsys, moment, signum, step
):
    cut = tmp_path / "cut"
    file = f"epoch_000002_step_00000{step}.npz"
    assert _run_with_signal(moment, signum, cut, *FINISHED) == 128 + signum
    (line,) = capsys.readouterr().err.strip().splitlines()[-1:]
    assert line.startswith("seal_tf: stopped by ")
    assert file in line
    assert len(epochs_of(cut)) == 2
    if moment == "training":
        # Once more, while the completed steps are skipped.
        code = _run_with_signal("skipping", signum, cut, *FINISHED)
        assert code == 128 + signum
        assert file in capsys.readouterr().err
    assert run(cut, *FINISHED) == 0
    output = capsys.readouterr().out
    assert f"resuming after epoch 2 of 4, {step} steps into the next" in output
    for a, b in zip(epochs_of(finished_run), epochs_of(cut), strict=True):
        for key in ("loss", "val_loss", "accuracy", "early_rate"):
            assert a[key] == number(b[key]), key
    weights, resumed_weights = (
        keras.saving.load_model(workdir / "model.keras").get_weights()
        for workdir in (finished_run, cut)
    )
    for a, b in zip(weights, resumed_weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_signal_in_validation_and_at_the_end_of_fit_loses_nothing(
    tmp_path, capsys
):
    """An epoch of which only validation remains has no training rate."""
    cut = tmp_path / "cut"
    words = ["--method=freezeout", "--freezeout_t0=0.5"]
    for moment, text in (("validation", "checkpoint"), ("end", "no new")):
        assert _run_with_signal(moment, signal.SIGTERM, cut, *words) == 143
        assert f"stopped by SIGTERM, {text}" in capsys.readouterr().err
    assert not (cut / "summary.json").exists()
    assert run(cut, *words) == 0
    assert (cut / "summary.json").exists()
    assert epochs_of(cut)[2]["images_per_second"] is None


LONG = (*FINISHED, "--epochs_per_generation=20", "--deterministic")


def _start_process(workdir, *words):
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


def _checkpoint_arrays(workdir):
    with np.load(workdir / "checkpoints" / "epoch_000040.npz") as file:
        return {n: file[n] for n in file.files if n.startswith("array")}


@pytest.mark.slow
def test_sigterm_ctrl_c_and_kill_resume_to_the_last_bit(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    uninterrupted = _start_process(whole)
    for signum, epoch, code in (
        (signal.SIGTERM, 4, 143),
        (signal.SIGINT, 16, 130),
        (signal.SIGKILL, 29, -9),
    ):
        process = _start_process(cut)
        wait_for_epoch(process, epoch)
        process.send_signal(signum)
        errors = process.communicate()[1]
        assert process.returncode == code, errors
        if code > 0:
            (line,) = [x for x in errors.splitlines() if "seal_tf" in x]
            assert "stopped by" in line
            assert "Run the same command to resume" in line
            assert "epoch_0000" in line
    assert uninterrupted.communicate() and uninterrupted.returncode == 0
    last = _start_process(cut)
    assert "resuming after epoch" in last.communicate()[0]
    assert last.returncode == 0
    times = ("seconds", "images_per_second")
    for a, b in zip(epochs_of(whole), epochs_of(cut), strict=True):
        for key in a.keys() - times:
            assert a[key] == b[key], (a["epoch"], key)
    arrays, resumed_arrays = _checkpoint_arrays(whole), _checkpoint_arrays(cut)
    assert arrays.keys() == resumed_arrays.keys()
    for name, value in arrays.items():
        np.testing.assert_array_equal(value, resumed_arrays[name])

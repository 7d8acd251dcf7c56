"""Measured algorithms are part of a run: kill and resume."""

import json
import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from tests.cli.runs import TINY, wait_for_epoch

#: 24 images in batches of 4: 318 steps, enough for a measurement.
FLAGS = (
    *TINY,
    "--batch_size=4",
    "--generations=1",
    "--epochs_per_generation=53",
    "--method=normal",
    "--progress=lines",
)


def _start(workdir, cache):
    return subprocess.Popen(
        [sys.executable, "-m", "seal_tf.train", *FLAGS, f"--workdir={workdir}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"XDG_CACHE_HOME": str(cache)},
    )


def _weights(workdir):
    return keras.saving.load_model(workdir / "model.keras").get_weights()


@pytest.mark.slow
def test_killed_run_resumes_with_its_measured_algorithms(tmp_path):
    cache, empty = tmp_path / "cache", tmp_path / "empty"
    whole = _start(tmp_path / "whole", cache)
    output, errors = whole.communicate()
    assert whole.returncode == 0, errors
    assert "convolutions:" in output
    kept = [p for p in cache.rglob("*.json") if "choices" in p.read_text()]
    (file,) = kept
    # A choice that no measurement and no table would make: it shows whether
    # the resumed run uses the choice of its checkpoint.
    content = json.loads(file.read_text())
    choices = content["value"]["choices"]["convolutions"]
    for key, choice in choices.items():
        if " 3 1 SAME" in key:
            choice["kernel_gradient"] = "im2col"
    file.write_text(json.dumps(content))
    whole = _start(tmp_path / "edited", cache)
    output, errors = whole.communicate()
    assert whole.returncode == 0, errors
    assert "convolutions:" not in output
    killed = _start(tmp_path / "killed", cache)
    wait_for_epoch(killed, 20)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    killed.stderr.close()
    resumed = _start(tmp_path / "killed", empty)
    output, errors = resumed.communicate()
    assert resumed.returncode == 0, errors
    assert "resuming after epoch" in output
    assert "convolutions:" not in output
    assert not list(empty.rglob("fast_ops/*"))
    for a, b in zip(
        _weights(tmp_path / "killed"),
        _weights(tmp_path / "edited"),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)

"""`--backend`: the same run on every backend of Keras."""

import importlib.util
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tests.cli.runs import TINY, wait_for_epoch

pytestmark = pytest.mark.slow


def _start(workdir, backend, *words):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "seal_tf.train", *TINY[:-1]),
            *("--method=seal+snapshots", "--progress=lines"),
            *(f"--workdir={workdir}", f"--backend={backend}", *words),
        ],
        env={k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _losses(workdir):
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines]


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_run_on_another_backend_resumes_and_has_every_file(backend, tmp_path):
    whole = _start(tmp_path / "whole", backend)
    output, errors = whole.communicate()
    assert whole.returncode == 0, errors
    assert f"float32, {backend}" in output
    killed = _start(tmp_path / "killed", backend, "--epochs_per_generation=2")
    wait_for_epoch(killed, 1)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    again = _start(tmp_path / "killed", backend, "--epochs_per_generation=2")
    assert again.communicate() and again.returncode == 0
    assert _losses(tmp_path / "killed") == _losses(tmp_path / "whole")
    summary = json.loads((tmp_path / "whole" / "summary.json").read_text())
    assert summary["versions"][backend]
    assert summary["ensemble"]["snapshots"] == 2
    assert (tmp_path / "whole" / "report.html").exists()
    # TensorFlow has written both SavedModels.
    images = np.zeros((2, 8, 8, 1), np.uint8)
    for folder in ("export", "export_ensemble"):
        model = tf.saved_model.load(str(tmp_path / "whole" / folder))
        assert model.serve(images)["probabilities"].shape == (2, 4)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--strategy=mirrored",), "--strategy=mirrored"),
        (("--precision=auto",), "--precision=auto"),
        (("--augment_on=device",), "--augment_on=device"),
    ],
)
def test_flags_that_need_tensorflow_are_refused(words, message, tmp_path):
    process = _start(tmp_path / "run", "torch", *words)
    _, errors = process.communicate()
    assert process.returncode == 2
    (line,) = [e for e in errors.splitlines() if e.startswith("seal_tf:")]
    assert "--backend=torch" in line and message in line

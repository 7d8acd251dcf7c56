"""Data-parallel training on JAX, in processes of their own."""

import importlib.util
import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from tests.cli.runs import epochs_of, wait_for_epoch
from tests.distribution.machines import (
    free_ports,
    start_jax,
    start_one_jax,
    wait_for_machines,
)

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="JAX is not installed"
)

CASES = (
    "ascent, resets, snapshots",
    "reinitialization",
    "two passes",
    "short last batch",
)
#: The steps are so small that rounding switches no ReLU on or off.
SMALL_STEPS = (
    "--learning_rate=1e-4",
    "--ascent_scale=0.5",
    "--method=seal+snapshots",
    "--batch_size=12",
)


def _train(folder, processes, devices=1, cases=CASES):
    """Train in processes, and return the arrays that each of them wrote."""
    (port,) = free_ports(1)
    started, files = [], []
    for i in range(processes):
        environment = {"CPU_DEVICES": str(devices)}
        if processes > 1:
            environment |= {
                "JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{port}",
                "JAX_NUM_PROCESSES": str(processes),
                "JAX_PROCESS_ID": str(i),
            }
        files.append(folder / f"{processes}x{devices}.{i}.npz")
        module = "tests.distribution.jax_replicas"
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", module, str(files[-1]), *cases],
                env=os.environ | environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    codes, errors = wait_for_machines(started, 500)
    assert codes == [0] * processes, errors
    return [dict(np.load(file)) for file in files]


def _check_similar(one, other, tolerance=1e-4):
    for name, expected in one.items():
        if not name.endswith("snapshots"):
            np.testing.assert_allclose(
                expected, other[name], tolerance, tolerance, err_msg=name
            )


@pytest.mark.slow
def test_devices_and_processes_train_like_one_device(tmp_path):
    """Two devices; two and three processes; two of three devices each."""
    (one,) = _train(tmp_path, 1)
    assert one["ascent, resets, snapshots/snapshots"] == 2
    for processes, devices in ((1, 2), (2, 1), (3, 1), (2, 3)):
        results = _train(tmp_path, processes, devices)
        for other in results:
            _check_similar(one, other)
            for name, expected in results[0].items():
                if not name.endswith("snapshots"):
                    np.testing.assert_array_equal(expected, other[name], name)


def _weights(workdir):
    return keras.saving.load_model(workdir / "model.keras").get_weights()


def _check_similar_runs(one, other, rel=1e-4):
    for a, b in zip(epochs_of(one), epochs_of(other), strict=True):
        for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
            assert a[name] == pytest.approx(b[name], rel=rel), name
    for a, b in zip(_weights(one), _weights(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=10 * rel, atol=rel)


def _end(processes, seconds=500):
    codes, errors = wait_for_machines(processes, seconds)
    assert codes == [0] * len(processes), errors


@pytest.mark.slow
def test_two_cpu_devices_by_command_train_like_one(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    _end([start_one_jax(one, *SMALL_STEPS)])
    devices = ("--strategy=data_parallel", "--cpu_devices=2")
    _end([start_one_jax(two, *SMALL_STEPS, *devices)])
    _check_similar_runs(one, two)


@pytest.mark.slow
def test_two_processes_with_teachers_and_averages_train_like_one(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    words = ("--learning_rate=1e-4", "--method=llf+snapshots+swa+distill")
    words += ("--swa_count=2", "--batch_size=12", "--norms_every=1")
    _end([start_one_jax(one, *words)])
    _end(start_jax(2, two, *words))
    _check_similar_runs(one, two)


@pytest.mark.slow
@pytest.mark.parametrize("killed", [[1], [0], [0, 1]])
def test_two_processes_after_a_kill_resume_like_one(tmp_path, killed):
    """The other process ends, with one line if it is the first one."""
    words = (*SMALL_STEPS, "--epochs_per_generation=15")
    one, two = tmp_path / "one", tmp_path / "two"
    _end([start_one_jax(one, *words)])
    machines = start_jax(2, two, *words)
    wait_for_epoch(machines[0], 16)
    for i in killed:
        machines[i].kill()
    codes, errors = wait_for_machines(machines, seconds=150)
    assert 0 not in codes
    if killed == [1]:
        assert codes == [2, -signal.SIGKILL]
        assert "another machine has stopped or cannot be" in errors[0]
        assert "Traceback" not in errors[0]
    _end(start_jax(2, two, *words))
    _check_similar_runs(one, two)


@pytest.mark.slow
def test_three_processes_after_sigterm_to_one_stop_together_and_resume(
    tmp_path,
):
    words = (*SMALL_STEPS, "--epochs_per_generation=30")
    one, three = tmp_path / "one", tmp_path / "three"
    _end([start_one_jax(one, *words)])
    machines = start_jax(3, three, *words)
    wait_for_epoch(machines[0], 34)
    machines[2].send_signal(signal.SIGTERM)
    codes, errors = wait_for_machines(machines, seconds=150)
    assert codes == [143] * 3
    assert "resume" in errors[0]
    _end(start_jax(3, three, *words))
    # An ascent amplifies rounding errors, over 120 steps.
    _check_similar_runs(one, three, rel=2e-3)


@pytest.mark.slow
def test_a_missing_process_is_one_line(tmp_path):
    machines = start_jax(2, tmp_path / "w", "--wait_for_machines=5")
    machines[1].kill()
    codes, errors = wait_for_machines(machines, seconds=100)
    assert codes[0] == 2
    assert "process 1 did not answer within 5 s" in errors[0]
    assert "Traceback" not in errors[0]

"""Data-parallel training on JAX, in processes of their own."""

import importlib.util
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from seal_tf.checkpoints.serialization import read_state
from tests.cli.runs import epochs_of, wait_for_epoch
from tests.distribution.machines import (
    free_ports,
    start_jax,
    start_one_jax,
    wait_for_machines,
    wait_for_training,
)

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="JAX is not installed"
)

CASES = (
    "ascent, resets, snapshots",
    "reinitialization",
    "two passes",
    "frozen layers",
    "teachers",
    "searched scale",
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


def _check_similar_runs(one, other, rel=1e-4):
    """Compare (work directory, weights) to float tolerance."""
    for a, b in zip(epochs_of(one[0]), epochs_of(other[0]), strict=True):
        for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
            assert a[name] == pytest.approx(b[name], rel=rel), name
    for a, b in zip(one[1], other[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=10 * rel, atol=rel)


def _run(processes, workdir, epochs):
    return workdir, wait_for_training(processes, workdir, epochs, 500)


@pytest.mark.slow
def test_two_cpu_devices_by_command_write_results(tmp_path):
    devices = ("--strategy=data_parallel", "--cpu_devices=2")
    process = start_one_jax(tmp_path / "w", *SMALL_STEPS, *devices)
    codes, errors = wait_for_machines([process], 500)
    assert codes == [0], errors
    assert (tmp_path / "w" / "summary.json").exists()


@pytest.mark.slow
def test_two_processes_with_teachers_and_averages_train_like_one(tmp_path):
    """The chief writes the results when the other process has ended."""
    words = ("--learning_rate=1e-4", "--method=llf+snapshots+swa+distill")
    words += ("--swa_count=2", "--batch_size=12", "--norms_every=1")
    folder = tmp_path / "one"
    one = _run([start_one_jax(folder, *words)], folder, 4)
    folder = tmp_path / "two"
    codes, errors = wait_for_machines(start_jax(2, folder, *words), 500)
    assert codes == [0, 0], errors
    state = read_state(folder / "checkpoints" / "epoch_000004.npz")
    _check_similar_runs(one, (folder, state.parts["model"]["variables"]))
    averaged = [
        [e.get("averaged_val_loss", 0) for e in epochs_of(tmp_path / name)]
        for name in ("one", "two")
    ]
    assert averaged[0] == pytest.approx(averaged[1], rel=1e-3)
    assert averaged[0][1] > 0
    assert (folder / "summary.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize("killed", [[1], [0], [0, 1]])
def test_two_processes_after_a_kill_resume_like_one(tmp_path, killed):
    """The other process ends, with one line if it is the first one."""
    words = (*SMALL_STEPS, "--epochs_per_generation=15")
    folder = tmp_path / "one"
    one = _run([start_one_jax(folder, *words)], folder, 30)
    folder = tmp_path / "two"
    machines = start_jax(2, folder, *words)
    wait_for_epoch(machines[0], 16)
    for i in killed:
        machines[i].kill()
    codes, errors = wait_for_machines(machines, seconds=150)
    assert 0 not in codes
    if killed == [1]:
        assert codes == [2, -signal.SIGKILL]
        assert "another machine has stopped or cannot be" in errors[0]
        assert "Traceback" not in errors[0]
    _check_similar_runs(one, _run(start_jax(2, folder, *words), folder, 30))


@pytest.mark.slow
def test_three_processes_after_sigterm_to_one_stop_together_and_resume(
    tmp_path,
):
    words = (*SMALL_STEPS, "--epochs_per_generation=30")
    folder = tmp_path / "one"
    one = _run([start_one_jax(folder, *words)], folder, 60)
    folder = tmp_path / "three"
    machines = start_jax(3, folder, *words)
    wait_for_epoch(machines[0], 34)
    machines[2].send_signal(signal.SIGTERM)
    codes, errors = wait_for_machines(machines, seconds=150)
    assert codes == [143] * 3
    assert "resume" in errors[0]
    # An ascent amplifies rounding errors, over 120 steps.
    three = _run(start_jax(3, folder, *words), folder, 60)
    _check_similar_runs(one, three, rel=2e-3)


@pytest.mark.slow
def test_a_missing_process_is_one_line(tmp_path):
    machines = start_jax(2, tmp_path / "w", "--wait_for_machines=5")
    machines[1].kill()
    codes, errors = wait_for_machines(machines, seconds=100)
    assert codes[0] == 2
    assert "process 1 did not answer within 5 s" in errors[0]
    assert "Traceback" not in errors[0]

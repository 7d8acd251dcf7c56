"""The training command as several processes on loopback."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest

from seal_tf.checkpoints.serialization import read_state
from tests.cli.runs import TINY


def free_ports(count):
    """Return ports that no process uses."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def start_machines(count, workdir, *words):
    """Start one process of TensorFlow for each machine."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(count)]
    return [
        _start(
            {
                "TF_CONFIG": json.dumps(
                    {
                        "cluster": {"worker": addresses},
                        "task": {"type": "worker", "index": i},
                    }
                )
            },
            "--strategy=multi_worker",
            f"--workdir={workdir}",
            *words,
        )
        for i in range(count)
    ]


def start_jax(count, workdir, *words):
    """Start one process of JAX for each machine."""
    (port,) = free_ports(1)
    return [
        _start(
            {
                "KERAS_BACKEND": "jax",
                "JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{port}",
                "JAX_NUM_PROCESSES": str(count),
                "JAX_PROCESS_ID": str(i),
            },
            "--strategy=data_parallel",
            f"--workdir={workdir}",
            *words,
        )
        for i in range(count)
    ]


def start_one_jax(workdir, *words):
    """Start one process of JAX, on one device unless `words` have more."""
    return _start({"KERAS_BACKEND": "jax"}, f"--workdir={workdir}", *words)


def _start(environment, *words):
    command = (sys.executable, "-u", "-m", "seal_tf.train")
    return subprocess.Popen(
        [*command, *TINY, "--progress=lines", *words],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_machines(processes, seconds):
    """Wait until all processes end; return exit codes and standard error."""
    deadline = time.monotonic() + seconds
    errors = []
    for process in processes:
        try:
            remaining = max(1, deadline - time.monotonic())
            errors.append(process.communicate(timeout=remaining)[1])
        except subprocess.TimeoutExpired:
            for other in processes:
                other.kill()
            pytest.fail(
                f"not ended within {seconds} s: {process.communicate()}"
            )
    return [p.returncode for p in processes], errors


def wait_for_training(processes, workdir, epochs, seconds):
    """Wait until the last epoch is saved; end the first one before results.

    The other processes must end without an error. Return the weights.
    """
    file = workdir / "checkpoints" / f"epoch_{epochs:06d}.npz"
    deadline = time.monotonic() + seconds
    while not file.exists():
        if processes[0].poll() is not None or time.monotonic() > deadline:
            for process in processes:
                process.kill()
            pytest.fail(str([p.communicate() for p in processes]))
        time.sleep(0.2)
    codes, errors = wait_for_machines(processes[1:], seconds)
    assert codes == [0] * len(codes), errors
    processes[0].kill()
    processes[0].communicate()
    return read_state(file).parts["model"]["variables"]

"""The training command as several processes on loopback."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest

TINY = (
    "--dataset=digits",
    "--images_per_class=6",
    "--classes=4",
    "--arch=small",
    "--batch_size=8",
    "--generations=2",
    "--epochs_per_generation=2",
    "--progress=none",
)


def free_ports(count):
    """Return ports that no process uses."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def start_machines(count, workdir, *words):
    """Start one process for each machine."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(count)]
    processes = []
    for i in range(count):
        config = {
            "cluster": {"worker": addresses},
            "task": {"type": "worker", "index": i},
        }
        processes.append(
            subprocess.Popen(
                [
                    *(sys.executable, "-u", "-m", "seal_tf.train"),
                    *TINY,
                    "--strategy=multi_worker",
                    "--progress=lines",
                    f"--workdir={workdir}",
                    *words,
                ],
                env=os.environ | {"TF_CONFIG": json.dumps(config)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    return processes


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


def wait_for_epoch(process, number):
    """Wait until a process with --progress=lines has ended an epoch."""
    for line in process.stdout:
        if line.startswith(f"epoch {number}/"):
            return
    pytest.fail(process.stderr.read()[-3000:])


def epochs_of(workdir):
    """Return the lines of a run's metrics.jsonl."""
    lines = (workdir / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]

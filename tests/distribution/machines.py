"""The training command as several processes on loopback."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest

from tests.cli.runs import TINY


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

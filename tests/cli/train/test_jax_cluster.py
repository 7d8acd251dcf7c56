import socket
import threading

import pytest

from seal_tf.cli.train.jax_cluster import VARIABLES, JaxCluster


def _set(monkeypatch, *values):
    for name, value in zip(VARIABLES, values, strict=True):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)


def test_from_environment_without_variables_is_one_process(monkeypatch):
    _set(monkeypatch, None, None, None)
    cluster = JaxCluster.from_environment()
    assert cluster == JaxCluster()
    assert cluster.chief and cluster.size == 1
    cluster.wait_for_all(0)


def test_from_environment_reads_the_position(monkeypatch):
    _set(monkeypatch, "10.0.0.1:1234", "3", "2")
    cluster = JaxCluster.from_environment()
    assert cluster == JaxCluster("10.0.0.1:1234", 3, 2)
    assert not cluster.chief


@pytest.mark.parametrize(
    "values",
    [
        ("10.0.0.1:1234", "2", None),
        ("10.0.0.1", "2", "0"),
        ("10.0.0.1:port", "2", "0"),
        ("10.0.0.1:1234", "2", "2"),
        ("10.0.0.1:1234", "two", "0"),
        (None, "2", "0"),
    ],
)
def test_from_environment_invalid_values_raise(monkeypatch, values):
    _set(monkeypatch, *values)
    with pytest.raises(ValueError, match="from 0 to JAX_NUM_PROCESSES - 1"):
        JaxCluster.from_environment()


def _free_address():
    with socket.create_server(("localhost", 0)) as server:
        return f"localhost:{server.getsockname()[1]}"


def test_wait_for_all_returns_when_all_have_come():
    address, errors = _free_address(), []

    def wait(index):
        try:
            JaxCluster(address, 3, index).wait_for_all(20)
        except ValueError as error:
            errors.append(error)

    threads = [threading.Thread(target=wait, args=(i,)) for i in (2, 0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not errors and not any(t.is_alive() for t in threads)


@pytest.mark.parametrize(
    ("index", "missing"), [(0, "process 1, 2"), (1, "process 0")]
)
def test_wait_for_all_missing_process_raises_in_time(index, missing):
    address = _free_address()
    with pytest.raises(ValueError, match=f"{missing} did not .* {address}"):
        JaxCluster(address, 3, index).wait_for_all(0.3)


def test_wait_for_all_calls_check():
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        JaxCluster(_free_address(), 2, 0).wait_for_all(5, stop)


def test_wait_for_all_port_in_use_raises():
    with socket.create_server(("", 0)) as server:
        address = f"localhost:{server.getsockname()[1]}"
        with pytest.raises(ValueError, match="is in use"):
            JaxCluster(address, 2, 0).wait_for_all(0.3)


def test_wait_for_all_counts_no_process_of_another_cluster():
    """Such as one with another number of processes, or a port scanner."""
    address = _free_address()
    host, port = address.split(":")
    stopped = threading.Event()

    def connect():
        for message in (b"5", b"0", b"x"):
            while not stopped.is_set():
                try:
                    with socket.create_connection((host, port), 1) as other:
                        other.sendall(message)
                    break
                except OSError:
                    stopped.wait(0.02)

    thread = threading.Thread(target=connect)
    thread.start()
    try:
        with pytest.raises(ValueError, match="process 1 did not"):
            JaxCluster(address, 2, 0).wait_for_all(1.5)
    finally:
        stopped.set()
        thread.join()

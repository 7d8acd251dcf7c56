"""The end of one process of several."""

import os
import signal

import pytest

from seal_tf.cli.train.cluster import Cluster
from seal_tf.cli.train.cluster_exit import exit_without_others
from seal_tf.cli.train.jax_cluster import JaxCluster
from seal_tf.cli.train.stop_request import Stopped

TWO_PROCESSES = JaxCluster("host:1", size=2, index=1)


class _Exited(BaseException):
    """`os._exit` was called."""


@pytest.fixture
def exit_codes(monkeypatch):
    """The arguments of `os._exit`, which does not end the test."""
    codes = []

    def record(code):
        codes.append(code)
        raise _Exited

    monkeypatch.setattr(os, "_exit", record)
    return codes


@pytest.mark.parametrize(
    "error, code, message",
    [
        (SystemExit(2), 2, ""),
        (SystemExit(), 0, ""),
        (Stopped(signal.SIGTERM), 143, "seal_tf: stopped by SIGTERM"),
        (KeyError("seed"), 1, "KeyError: 'seed'"),
        (KeyboardInterrupt(), 1, "KeyboardInterrupt"),
    ],
    ids=repr,
)
def test_process_of_several_exits_at_once(
    exit_codes, capsys, error, code, message
):
    with pytest.raises(_Exited), exit_without_others(TWO_PROCESSES):
        raise error
    assert exit_codes == [code]
    err = capsys.readouterr().err
    assert message in err if message else not err


def test_process_waits_if_all_stop(exit_codes):
    stopped = Stopped(signal.SIGTERM, all_processes=True)
    with pytest.raises(Stopped), exit_without_others(TWO_PROCESSES):
        raise stopped
    assert exit_codes == []


@pytest.mark.parametrize("cluster", [JaxCluster(), Cluster()], ids=repr)
def test_other_processes_exit_as_usual(exit_codes, cluster):
    with pytest.raises(KeyError), exit_without_others(cluster):
        raise KeyError
    assert exit_codes == []

import numpy as np
import pytest
import tensorflow as tf

from seal_tf.checkpoints.state import RunState
from seal_tf.cli.train.worker_sync import (
    broadcast_state,
    translate_worker_failures,
)


class _Replicas:
    """Two workers; the chief's message reaches the other one."""

    workers = 2
    message = None

    def __init__(self, chief):
        self.chief = chief

    def broadcast(self, data):
        if self.chief:
            type(self).message = data
        return type(self).message


def test_broadcast_state_gives_the_chief_state_to_workers():
    state = RunState(3, 1, {"model": {"variables": [np.arange(4.0)]}})
    assert broadcast_state(_Replicas(True), lambda: state) is state
    received = broadcast_state(_Replicas(False), lambda: 1 / 0)
    assert received.position == (3, 1)
    np.testing.assert_array_equal(
        received.parts["model"]["variables"][0], np.arange(4.0)
    )


def test_broadcast_state_without_state_returns_none():
    assert broadcast_state(_Replicas(True), lambda: None) is None
    assert broadcast_state(_Replicas(False), lambda: 1 / 0) is None


def test_broadcast_state_error_is_raised_in_every_process():
    def fail():
        raise ValueError("another run")

    for chief in (True, False):
        with pytest.raises(ValueError, match="another run"):
            broadcast_state(_Replicas(chief), fail)


def test_translate_worker_failures_lost_worker_ends_in_one_line(capsys):
    with pytest.raises(SystemExit) as exit_, translate_worker_failures():
        raise tf.errors.UnavailableError(
            None, None, "node\nCollective ops is aborted by: heartbeat"
        )
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert "another machine has stopped" in error and error.count("\n") == 1


def test_translate_worker_failures_other_error_is_unchanged():
    with (
        pytest.raises(tf.errors.InvalidArgumentError),
        translate_worker_failures(),
    ):
        raise tf.errors.InvalidArgumentError(None, None, "bad shape")

import numpy as np
import pytest

from seal_tf.checkpoints.state import RunState
from seal_tf.cli.train.worker_sync import broadcast_state


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

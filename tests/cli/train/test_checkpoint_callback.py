from types import SimpleNamespace

import pytest

from seal_tf.cli.train.checkpoint_callback import (
    CheckpointCallback,
    RunProcess,
)
from seal_tf.cli.train.settings import CheckpointSettings
from seal_tf.cli.train.stop_request import Stopped, StopRequest


class _Checkpoints:
    """Records positions instead of writing files."""

    folder = "checkpoints"

    def __init__(self):
        self.positions = []

    def save(self, state, milestones):
        if isinstance(state, OSError):
            raise state
        self.positions.append(state)
        return f"{state}.npz"


def _callback(checkpoints, stop=None, **settings):
    settings = CheckpointSettings(
        **{
            "every_epochs": 2,
            "every_minutes": 0,
            "max_to_keep": 2,
            "rollback": False,
            "max_rollbacks": 0,
        }
        | settings
    )
    generations = SimpleNamespace(
        plan=SimpleNamespace(milestones=lambda: {0, 3}),
        diverged=None,
        run_state=lambda epoch, step, metrics: (epoch, step),
    )
    writer = SimpleNamespace(flush=lambda: True)
    stop = stop or StopRequest()
    callback = CheckpointCallback(
        checkpoints, settings, RunProcess(generations, writer, stop)
    )
    callback.on_train_begin()
    return callback


def test_on_epoch_end_saves_every_epochs_and_at_milestones():
    checkpoints = _Checkpoints()
    callback = _callback(checkpoints)
    for epoch in range(4):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch)
    assert checkpoints.positions == [(2, 0), (3, 0), (4, 0)]


def test_on_train_begin_with_rollback_saves_the_initial_state():
    checkpoints = _Checkpoints()
    _callback(checkpoints, rollback=True)
    assert checkpoints.positions == [(0, 0)]


def test_on_train_batch_end_saves_when_minutes_have_passed():
    checkpoints = _Checkpoints()
    callback = _callback(checkpoints, every_minutes=1e-9)
    callback.on_epoch_begin(1)
    callback.on_train_batch_end(4)
    assert checkpoints.positions == [(1, 5)]


def test_on_train_batch_end_with_signal_saves_and_stops():
    checkpoints = _Checkpoints()
    stop = StopRequest()
    callback = _callback(checkpoints, stop)
    callback.on_epoch_begin(0)
    stop.signum = 15
    with pytest.raises(Stopped, match=r"checkpoint \(0, 1\).npz"):
        callback.on_train_batch_end(0)


def test_save_on_full_disk_warns_and_training_continues():
    callback = _callback(_Checkpoints())
    error = OSError(28, "No space left on device")
    callback._generations.run_state = lambda *_: error
    callback.on_epoch_begin(1)
    with pytest.warns(RuntimeWarning, match="No checkpoint after epoch 2"):
        callback.on_epoch_end(1)

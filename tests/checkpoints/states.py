"""Small states for tests."""

import numpy as np

from seal_tf.checkpoints.serialization import write_state
from seal_tf.checkpoints.state import RunState
from seal_tf.utils.files import atomic_writer


def make_state(epoch, step=0, size=100):
    """Return a state without a model."""
    return RunState(
        epoch,
        step,
        {
            "plan": {"record": {"epochs": 9}, "backoffs": []},
            "model": {"variables": [np.arange(size, dtype="float32")]},
            "metrics": {"variables": []},
        },
    )


def save_state(path, state):
    """Write a state to a file."""
    with atomic_writer(path) as file:
        write_state(state, file)

"""What TensorBoard's event files say."""

import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)


def written(folder):
    """(step, value) of each summary of a folder, by tag."""
    found = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    found.Reload()
    return {
        tag: [
            (e.step, tf.make_ndarray(e.tensor_proto))
            for e in found.Tensors(tag)
        ]
        for tag in found.Tags()["tensors"]
    }

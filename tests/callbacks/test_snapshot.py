"""Snapshots as a callback."""

import keras
import numpy as np
import pytest

from seal_tf import GenerationCallback, SnapshotCallback
from seal_tf.schedules import Snapshots
from tests import methods
from tests.callbacks.block_fits import WeightRecorder, compiled_blocks


def test_snapshots_have_the_weights_before_the_restart(digits, tmp_path):
    model = compiled_blocks()
    recorder = WeightRecorder()
    callback = GenerationCallback(
        methods.METHODS["snapshots"](learning_rate=0.05), tmp_path / "snapshots"
    )
    model.fit(*digits, 16, epochs=8, verbose=0, callbacks=[callback, recorder])
    assert [f.name for f in callback.snapshots] == [
        "snapshot_01.keras",
        "snapshot_02.keras",
    ]
    for file, epoch in zip(callback.snapshots, (3, 7), strict=True):
        loaded = keras.saving.load_model(file, compile=False)
        weights = list(recorder.end[epoch].values())
        for a, b in zip(loaded.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(a, b)
        # Without the optimizer, the file loads without seal_tf.
        assert not keras.saving.load_model(file).compiled
    assert model.compiled
    assert model.optimizer is not None


def test_snapshot_callback_without_folder_keeps_weights_in_memory(digits):
    callback = SnapshotCallback(2, learning_rate=0.05)
    model = compiled_blocks()
    history = model.fit(*digits, 16, epochs=4, verbose=0, callbacks=[callback])
    assert len(history.history["later_rate"]) == 4
    assert len(callback.snapshots) == 2
    for a, b in zip(callback.snapshots[1], model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.tensorflow
def test_snapshots_without_known_steps_name_the_argument(digits):
    import tensorflow as tf

    x, y = digits

    def batches():
        for i in range(0, 64, 16):
            yield x[i : i + 16], y[i : i + 16]

    data = tf.data.Dataset.from_generator(
        batches,
        output_signature=(
            tf.TensorSpec((None, 8, 8, 1)),
            tf.TensorSpec((None,), tf.int32),
        ),
    )
    schedule = Snapshots(cycles=2, learning_rate=0.1)
    with pytest.raises(ValueError, match="pass `steps_per_epoch` to fit"):
        compiled_blocks().fit(
            data,
            epochs=4,
            shuffle=False,
            verbose=0,
            callbacks=[GenerationCallback(schedule)],
        )

"""SWA as a callback."""

import keras
import numpy as np
import pytest

from seal_tf import GenerationCallback, SWACallback
from seal_tf.schedules import SWA, Snapshots
from tests.callbacks.block_fits import WeightRecorder, compiled_blocks
from tests.training import nets


def test_averaged_weights_are_the_mean_of_the_ends_of_epochs(digits):
    model, recorder = compiled_blocks(), WeightRecorder()
    callback = GenerationCallback(SWA(generations=1, count=2) + Snapshots())
    model.fit(*digits, 32, epochs=3, verbose=0, callbacks=[callback, recorder])
    ends = [list(epoch.values()) for epoch in recorder.end[-2:]]
    for average, a, b in zip(callback.averaged_weights, *ends, strict=True):
        np.testing.assert_allclose(average, (a + b) / 2, rtol=1e-5, atol=1e-6)
    # The model and the snapshot have the plain weights.
    (snapshot,) = callback.snapshots
    for weight, saved, b in zip(
        model.get_weights(), snapshot, ends[1], strict=True
    ):
        np.testing.assert_array_equal(weight, b)
        np.testing.assert_array_equal(saved, b)
    averaged = callback.averaged_model([digits])
    assert averaged.predict(digits[0], verbose=0).shape == (len(digits[0]), 4)


def test_averaged_model_without_an_average_raises():
    model = nets.compiled(nets.functional())
    callback = GenerationCallback(Snapshots(cycles=1))
    model.fit(*nets.data(), epochs=1, verbose=0, callbacks=[callback])
    with pytest.raises(ValueError, match="No weights are averaged"):
        callback.averaged_model([])


def test_swa_with_a_moving_average_is_refused_before_training():
    model = nets.compiled(
        nets.functional(), keras.optimizers.SGD(0.1, use_ema=True)
    )
    before = model.get_weights()
    with pytest.raises(ValueError, match="swa averages .*`use_ema`.*one of"):
        model.fit(
            *nets.data(),
            epochs=2,
            verbose=0,
            callbacks=[SWACallback(1, count=2)],
        )
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_average_of_a_resumed_run_equals_that_of_the_whole(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 2

    def fit(folder, *others):
        keras.utils.set_random_seed(2)
        model = nets.compiled(nets.functional())
        callback = SWACallback(1, count=3, checkpoint_dir=folder)
        model.fit(
            *nets.data(),
            epochs=4,
            shuffle=False,
            verbose=0,
            callbacks=[callback, *others],
        )
        return callback.averaged_weights

    whole = fit(tmp_path / "whole")
    fit(tmp_path / "cut", Stop())
    for a, b in zip(whole, fit(tmp_path / "cut"), strict=True):
        np.testing.assert_array_equal(a, b)

"""Moving averages of the weights (`use_ema`) at the end of a fit."""

import keras
import numpy as np
import pytest

from seal_tf import FreezeOutCallback, SEALCallback
from seal_tf.callbacks import generation
from tests.training import nets


def _fitted(callback, **options):
    keras.utils.set_random_seed(1)
    model = nets.compiled(
        nets.functional(),
        keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5),
    )
    averages = []

    class RecordAverages(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            optimizer = self.model.optimizer
            averages[:] = [
                v.numpy() for v in optimizer._model_variables_moving_average
            ]

    model.fit(
        *nets.data(),
        epochs=4,
        verbose=0,
        callbacks=[callback, RecordAverages()],
        **options,
    )
    return model, averages


def test_finalize_with_frozen_layers_assigns_each_its_own_average():
    model, averages = _fitted(FreezeOutCallback(t0=0.3, grouping="layers"))
    for weight, average in zip(model.trainable_weights, averages, strict=True):
        np.testing.assert_array_equal(weight, average)


def test_finalize_after_divergence_keeps_the_weights(monkeypatch):
    """The reset of the optimizer has discarded the averages."""
    calls = []

    def is_finite(loss):
        calls.append(loss)
        return len(calls) != 3

    monkeypatch.setattr(generation, "is_finite", is_finite)
    with pytest.warns(RuntimeWarning, match="no longer finite"):
        model, _ = _fitted(SEALCallback(2, split_at="second"))
    assert all(np.abs(w).max() > 0 for w in model.get_weights()[:1])

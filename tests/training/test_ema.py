"""The weights of models with a moving average."""

import keras
import numpy as np

from seal_tf.training.ema import validation_weights
from tests.training import nets


def test_validation_weights_are_those_that_keras_validates_with():
    model = nets.compiled(
        nets.functional(),
        keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9),
    )
    weights = []

    class Recorder(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            weights.append(validation_weights(self.model))
            weights.append(self.model.get_weights())

    model.fit(*nets.data(), epochs=1, verbose=0, callbacks=[Recorder()])
    averages, trained = weights
    # At its end, fit replaces the weights by the averages.
    for a, b in zip(averages, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert any((a != b).any() for a, b in zip(averages, trained, strict=True))


def test_validation_weights_without_average_are_the_weights():
    model = nets.compiled(nets.functional())
    model.optimizer.build(model.trainable_variables)
    for a, b in zip(
        validation_weights(model), model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(a, b)

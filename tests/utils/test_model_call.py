"""The mode in which a model is called."""

import keras
import pytest

from seal_tf.utils.model_call import call_model


class _WithMode(keras.Model):
    def call(self, x, training=False):
        return x, bool(training)


class _WithoutMode(keras.Model):
    def call(self, x):
        return x + 1


@pytest.mark.parametrize("training", [True, False])
def test_call_model_passes_the_mode_if_the_model_takes_it(training):
    x = keras.ops.ones((1, 2))
    assert call_model(_WithMode(), x, training)[1] is training
    assert float(call_model(_WithoutMode(), x, training)[0, 0]) == 2

"""Optimizers in others, and their names."""

import keras

from seal_tf.optimizers import SGD
from seal_tf.optimizers.names import optimizer_name, unwrapped


def test_unwrapped_returns_the_optimizer_inside_loss_scaling():
    inner = keras.optimizers.SGD()
    assert unwrapped(keras.optimizers.LossScaleOptimizer(inner)) is inner
    assert unwrapped(inner) is inner


def test_optimizer_name_tells_packages_apart():
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())
    assert optimizer_name(scaled) == "keras.SGD"
    assert optimizer_name(SGD()) == "seal_tf.SGD"

"""New values of kernels."""

import keras
import numpy as np
import pytest
from keras import layers

from seal_tf.schedules import Reinitialize
from seal_tf.training.layer_groups import forward_order
from seal_tf.training.reinitialize import fan_in, kernels, reinitialize
from tests.training import nets


def _reinitialize(model, event):
    leaves = forward_order(model)
    return reinitialize(
        [(leaf, leaf.path in ("second", "third")) for leaf in leaves], event
    )


def test_reinitialize_changes_selected_kernels_only():
    model = nets.functional()
    before = {w.path: w.numpy() for w in model.weights}
    event = Reinitialize(1, (False, True), "reference", 0)
    assert _reinitialize(model, event) == ["second/kernel", "third/kernel"]
    for weight in model.weights:
        changed = (weight.numpy() != before[weight.path]).all()
        assert changed == (weight.path in ("second/kernel", "third/kernel"))


def test_reinitialize_values_depend_on_seed_generation_and_position():
    model = nets.functional()

    def values(generation, seed):
        _reinitialize(
            model, Reinitialize(generation, (False, True), "reference", seed)
        )
        return model.get_layer("second").kernel.numpy()

    first = values(1, 0)
    np.testing.assert_array_equal(values(1, 0), first)
    assert (values(2, 0) != first).all()
    assert (values(1, 1) != first).all()
    assert (model.get_layer("third").kernel.numpy() != first[:, :3]).all()


def test_reinitialize_without_trainable_kernel_raises():
    model = nets.functional()
    for name in ("second", "third"):
        model.get_layer(name).trainable = False
    event = Reinitialize(1, (False, True), "reference", 0)
    with pytest.raises(ValueError, match="no trainable .*`split_at`"):
        _reinitialize(model, event)


def test_fan_in_of_every_kind_of_kernel_is_its_number_of_inputs():
    inputs = keras.Input((9, 9, 6))
    h = layers.Conv2D(4, 3, name="a")(inputs)
    h = layers.DepthwiseConv2D(3, depth_multiplier=2, name="b")(h)
    h = layers.SeparableConv2D(5, 3, name="c")(h)
    h = layers.Conv2DTranspose(7, 2, name="d")(h)
    h = layers.Flatten()(h)
    model = keras.Model(inputs, layers.Dense(3, name="e")(h))
    sizes = {
        kernel.path: fan_in(layer, kernel)
        for layer, kernel, _ in kernels(model)
    }
    assert sizes == {
        "a/kernel": 3 * 3 * 6,
        "b/kernel": 9,
        "c/depthwise_kernel": 9,
        "c/pointwise_kernel": 8,
        "d/kernel": 2 * 2 * 5,
        "e/kernel": int(h.shape[-1]),
    }

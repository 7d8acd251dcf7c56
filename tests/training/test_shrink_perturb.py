"""Weights that shrink and are perturbed."""

import keras
import numpy as np
import pytest

from seal_tf.schedules import ShrinkAndPerturb
from seal_tf.training.layer_groups import forward_order
from seal_tf.training.shrink_perturb import (
    check_shrinkable,
    shrink_and_perturb,
)
from tests.training import nets


def _shrink(model, event, selected=lambda leaf: True):
    leaves = [(leaf, selected(leaf)) for leaf in forward_order(model)]
    return shrink_and_perturb(leaves, event)


def _reference(model, before, event):
    """Compute every weight from the formula, with Keras' initializers."""
    expected, position = {}, 0
    for layer in model.layers:
        # In the order of the attributes' names.
        for name in ("beta", "bias", "gamma", "kernel"):
            variable = getattr(layer, name, None)
            if variable is None:
                continue
            position += 1
            if name == "kernel":
                key = (event.seed, event.generation, position)
                seed = int(np.random.SeedSequence(key).generate_state(1)[0])
                fresh = np.array(
                    keras.initializers.GlorotUniform(seed)(variable.shape)
                )
            else:
                fresh = float(name == "gamma")
            old = before[variable.path]
            expected[variable.path] = event.shrink * old + event.perturb * fresh
            # The statistics come between beta or gamma and the next weight.
            position += 2 * (name == "gamma")
    return expected


def test_weights_equal_the_formula():
    model = nets.functional()
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.normal(2, 1, weight.shape))
    before = {w.path: w.numpy() for w in model.weights}
    event = ShrinkAndPerturb(3, (True,), 0.4, 0.1, 9)
    paths = _shrink(model, event)
    expected = _reference(model, before, event)
    assert sorted(paths) == sorted(expected)
    for weight in model.weights:
        value = expected.get(weight.path, before[weight.path])
        np.testing.assert_allclose(weight.numpy(), value, rtol=1e-6)
        if weight.path not in expected:
            assert "moving" in weight.path


def test_only_selected_trainable_weights_change():
    model = nets.functional()
    model.get_layer("third").trainable = False
    before = {w.path: w.numpy() for w in model.weights}
    event = ShrinkAndPerturb(1, (False, True), 0.4, 0.1, 0)
    paths = _shrink(model, event, lambda leaf: leaf.path in ("second", "third"))
    assert sorted(paths) == ["second/bias", "second/kernel"]
    for weight in model.weights:
        same = (weight.numpy() == before[weight.path]).all()
        assert same or weight.path == "second/kernel"


def test_kernels_do_not_depend_on_the_selection():
    kernels = []
    for selected in (lambda leaf: True, lambda leaf: leaf.path == "third"):
        model = nets.functional()
        _shrink(model, ShrinkAndPerturb(1, (True,), 0.0, 1.0, 4), selected)
        kernels.append(model.get_layer("third").kernel.numpy())
    np.testing.assert_array_equal(*kernels)


def test_no_trainable_weight_or_unknown_initializer_raises():
    model = nets.functional()
    with pytest.raises(ValueError, match="no trainable weight.*`split_at`"):
        check_shrinkable([(leaf, False) for leaf in forward_order(model)])

    class Scale(keras.layers.Layer):
        def build(self, shape):
            self.factor = self.add_weight(shape=(), name="factor")

    model = keras.Sequential([keras.Input((4,)), Scale(name="scale")])
    with pytest.raises(ValueError, match="scale/factor is unknown"):
        check_shrinkable([(leaf, True) for leaf in forward_order(model)])

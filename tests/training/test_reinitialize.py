"""New values of kernels."""

import keras
import numpy as np
import pytest
from keras import layers

from seal_tf import reinitialize
from seal_tf.schedules import Reinitialize
from seal_tf.training.layer_groups import forward_order
from seal_tf.training.reinitialize import (
    kept_channels,
    reinitialize_kernels,
    selected_kernels,
)
from tests.training import nets


def _reinitialize(model, event):
    leaves = forward_order(model)
    return reinitialize_kernels(
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


def test_selected_kernels_of_a_model_with_own_weights_occur_once():
    model = nets.WithToken()
    model(np.zeros((1, 4), "float32"))
    leaves = [(leaf, leaf.path != "a") for leaf in forward_order(model)]
    kernels = selected_kernels(leaves)
    assert [k.layer.name for k in kernels] == ["a", "b", "c"]
    assert [k.selected for k in kernels] == [False, True, True]


def test_reinitialize_without_trainable_kernel_raises():
    model = nets.functional()
    for name in ("second", "third"):
        model.get_layer(name).trainable = False
    event = Reinitialize(1, (False, True), "reference", 0)
    with pytest.raises(ValueError, match="no trainable .*`split_at`"):
        _reinitialize(model, event)


def _conv_net():
    inputs = keras.Input((8, 8, 3))
    h = layers.Conv2D(6, 3, name="a")(inputs)
    h = layers.DepthwiseConv2D(3, depth_multiplier=2, name="b")(h)
    h = layers.Conv2DTranspose(5, 2, name="c")(h)
    h = layers.GlobalAveragePooling2D()(h)
    return keras.Model(inputs, layers.Dense(4, name="d")(h))


def test_kept_channels_are_the_first_of_inputs_and_outputs():
    """First kernel: all inputs; last kernel: all outputs."""
    found = selected_kernels(
        [(leaf, True) for leaf in forward_order(_conv_net())]
    )
    masks = [kept_channels(found, i, 0.5) for i in range(len(found))]
    for mask, shape in zip(
        masks, [(3, 3, 3, 6), (3, 3, 6, 2), (2, 2, 5, 12), (5, 4)], strict=True
    ):
        assert mask.shape == shape
    expected = [np.zeros(m.shape, bool) for m in masks]
    expected[0][:, :, :, :3] = True
    expected[1][:, :, :3, :] = True
    # Transposed: (…, outputs, inputs); half of 5 channels is 3.
    expected[2][:, :, :3, :6] = True
    expected[3][:3, :] = True
    for mask, value in zip(masks, expected, strict=True):
        np.testing.assert_array_equal(mask, value)


def test_reinitialize_kernels_keeps_the_kept_channels_only():
    model = _conv_net()
    leaves = [(leaf, True) for leaf in forward_order(model)]
    masks = [kept_channels(selected_kernels(leaves), i, 0.5) for i in range(4)]
    before = [k.variable.numpy() for k in selected_kernels(leaves)]
    event = Reinitialize(1, (True,), "reference", 0, kept_fraction=0.5)
    assert len(reinitialize_kernels(leaves, event)) == 4
    for kernel, mask, old in zip(
        selected_kernels(leaves), masks, before, strict=True
    ):
        np.testing.assert_array_equal(kernel.variable.numpy() == old, mask)


def test_reinitialize_kernels_restores_the_norm_of_the_others():
    """The norm is that of a draw with (seed, position)."""
    model = nets.functional()
    first = model.get_layer("first").kernel
    first.assign(first * 7)
    direction = first.numpy() / np.linalg.norm(first)
    event = Reinitialize(2, (False, True), "reference", 5, rescale=True)
    _reinitialize(model, event)
    seed = int(np.random.SeedSequence((5, 1)).generate_state(1)[0])
    draw = np.random.default_rng(seed).uniform(-(6**-0.5), 6**-0.5, first.shape)
    np.testing.assert_allclose(
        first.numpy(), direction * np.linalg.norm(draw), rtol=1e-5
    )


def test_reinitialize_kernels_rescales_large_float16_and_keeps_initial_zeros():
    """In float16, the sum of the squares of 200 overflows."""
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(8, dtype="float16", name="first"),
            layers.Dense(8, kernel_initializer="zeros", name="other"),
            layers.Dense(3, name="third"),
        ]
    )
    for name, value in (("first", 200.0), ("other", 2.0)):
        kernel = model.get_layer(name).kernel
        kernel.assign(np.full(kernel.shape, value))
    event = Reinitialize(1, (False, True), "initializer", 0, rescale=True)
    assert len(_reinitialize(model, event)) == 1
    seed = int(np.random.SeedSequence((0, 1)).generate_state(1)[0])
    draw = keras.initializers.GlorotUniform(seed)((6, 8), "float16")
    expected = np.linalg.norm(np.array(draw, np.float64)) / 48**0.5
    np.testing.assert_allclose(
        model.get_layer("first").kernel.numpy(), expected, rtol=2e-3
    )
    assert (model.get_layer("other").kernel.numpy() == 2).all()


def _weights(model):
    return {w.path: w.numpy() for w in model.weights}


def test_reinitialize_model_draws_every_weight_of_nested_models_again():
    model = nets.nested()
    norm = model.layers[0].get_layer("norm")
    for variable in norm.weights:
        variable.assign(np.full(variable.shape, 5.0))
    before = _weights(model)
    paths = reinitialize(model, seed=3)
    assert sorted(paths) == sorted(before)
    after = _weights(model)
    for path, value in after.items():
        if path.endswith("kernel"):
            assert (value != before[path]).all()
        else:
            one = path.endswith(("gamma", "moving_variance"))
            np.testing.assert_array_equal(value, np.full(value.shape, one))
    reinitialize(model, seed=3)
    for path, value in _weights(model).items():
        np.testing.assert_array_equal(value, after[path])
    reinitialize(model, seed=4)
    kernel = model.get_layer("third").kernel
    assert (kernel.numpy() != after[kernel.path]).all()


def test_reinitialize_without_batch_norm_keeps_it():
    model = nets.functional()
    before = _weights(model.get_layer("norm"))
    model.get_layer("norm").gamma.assign(np.full(8, 5.0))
    paths = reinitialize(model, batch_norm=False)
    assert not any(path.startswith("norm") for path in paths)
    assert (model.get_layer("norm").gamma.numpy() == 5).all()
    assert before.keys() == {p for p in _weights(model) if "norm" in p}


def test_reinitialize_without_seed_follows_the_global_seed():
    layer = nets.functional().get_layer("first")
    kernels = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        reinitialize(layer)
        kernels.append(layer.kernel.numpy())
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert (kernels[0] != kernels[2]).all()


def test_reinitialize_with_seeded_initializer_and_function_draws_afresh():
    seeded = layers.Dense(3, kernel_initializer=keras.initializers.HeNormal(7))
    seeded.build((None, 4))
    before = seeded.kernel.numpy()
    reinitialize(seeded, seed=1)
    assert (seeded.kernel.numpy() != before).all()
    function = layers.Dense(
        3, kernel_initializer=lambda shape, dtype: np.full(shape, 2.0, dtype)
    )
    function.build((None, 4))
    function.kernel.assign(np.zeros((4, 3)))
    reinitialize(function, seed=1)
    assert (function.kernel.numpy() == 2).all()


def test_reinitialize_unbuilt_or_unknown_names_the_reason():
    with pytest.raises(ValueError, match="`layer` must be a built .*'dense"):
        reinitialize(layers.Dense(3))

    class Scale(layers.Layer):
        def build(self, shape):
            self.factor = self.add_weight(shape=(), name="factor")

    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(2, name="head"), Scale(name="scale")]
    )
    before = _weights(model)
    with pytest.raises(ValueError, match="scale/factor .*`factor_initializer`"):
        reinitialize(model, seed=1)
    for path, value in _weights(model).items():
        np.testing.assert_array_equal(value, before[path])


def test_reinitialize_with_negative_seed_raises():
    model = nets.functional()
    with pytest.raises(ValueError, match="`seed` must be an integer.*seed=-1"):
        reinitialize(model, seed=-1)

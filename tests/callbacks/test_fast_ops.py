"""Lent operations compute what Keras' own do, and leave no trace."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import seal_tf
from seal_tf.fast_ops import batch_normalization
from seal_tf.fast_ops import convolution as conv
from seal_tf.callbacks.fast_ops import FastOps
from seal_tf.fast_ops.layer_patch import patch_layers
from seal_tf.utils.patching import AttributePatcher


def _grads(function, *inputs):
    inputs = [tf.convert_to_tensor(i) for i in inputs]
    with tf.GradientTape() as tape:
        for i in inputs:
            tape.watch(i)
        y = function(*inputs)
        # Not symmetric, so that a swapped place shows.
        weights = np.sin(np.arange(tf.size(y))).reshape(y.shape)
        weights = tf.cast(tf.cast(weights, tf.bfloat16), y.dtype)
        loss = tf.reduce_sum(y * weights)
    return [y, *tape.gradient(loss, inputs)]


def _numpy_conv(x, kernel, stride, before, out):
    """y[b, i, j] = sum over p, q of x[b, s i + p, s j + q] kernel[p, q]."""
    size = kernel.shape[0]
    x = np.pad(x, ((0, 0), (before, size), (before, size), (0, 0)))
    y = np.zeros((len(x), *out, kernel.shape[-1]))
    for i in range(out[0]):
        for j in range(out[1]):
            a, b = stride * i, stride * j
            patch = x[:, a : a + size, b : b + size]
            y[:, i, j] = np.einsum("bpqc,pqcf->bf", patch, kernel)
    return y


@pytest.mark.parametrize(
    "height,width,channels,filters,size,stride,padding",
    [
        (4, 6, 3, 5, 1, 1, "valid"),
        (4, 6, 3, 5, 1, 2, "valid"),
        (5, 7, 3, 5, 1, 2, "same"),  # odd: no reshaping
        (4, 4, 64, 160, 3, 1, "same"),
        (6, 6, 64, 160, 3, 2, "valid"),
        (5, 7, 64, 160, 3, 2, "valid"),
        (7, 7, 64, 160, 5, 3, "valid"),
        (4, 4, 3, 2, 3, 1, "same"),  # few channels: TensorFlow's gradient
    ],
)
def test_a_convolution_and_its_gradients(
    height, width, channels, filters, size, stride, padding
):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, height, width, channels)).astype("float32")
    layer = keras.layers.Conv2D(
        filters, size, stride, padding=padding, use_bias=False
    )
    layer.build(x.shape)
    kernel = layer.kernel.numpy()
    expected = _grads(layer.convolution_op, x, kernel)
    patcher = AttributePatcher()
    assert patch_layers(layer, patcher) == 1
    found = _grads(layer.convolution_op, x, kernel)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-4)
    before = size // 2 if padding == "same" and stride == 1 else 0
    reference = _numpy_conv(x, kernel, stride, before, found[0].shape[1:3])
    np.testing.assert_allclose(found[0], reference, rtol=1e-4, atol=1e-4)


def test_both_ways_of_the_kernel_gradient_are_tried():
    """The cases above are on both sides of the choice."""
    for images, place, filters, expected in (
        (3, 4, 160, True),
        (32, 16, 64, False),
        (None, 2, 512, True),
    ):
        x = keras.KerasTensor((images, place, place, 64), "float32")
        dy = keras.KerasTensor((images, place, place, filters), "float32")
        assert conv._by_products(x, dy) is expected


@pytest.mark.parametrize("stride,padding", [(1, "SAME"), (2, "VALID")])
def test_bfloat16_kernel_gradient(stride, padding):
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(2, 5, 5, 64)), rng.normal(size=(3, 3, 64, 64))
    x, kernel = (tf.cast(v, tf.bfloat16) for v in (x, kernel))

    def ours(x, kernel):
        return conv.convolution(x, kernel, stride, padding)

    def float32(x, kernel):
        x, kernel = tf.cast(x, "float32"), tf.cast(kernel, "float32")
        return tf.nn.conv2d(x, kernel, stride, padding)

    pairs = zip(
        _grads(ours, x, kernel), _grads(float32, x, kernel), strict=True
    )
    for a, b in pairs:
        scale = np.abs(tf.cast(b, "float32").numpy()).max()
        difference = tf.cast(a, "float32") - tf.cast(b, "float32")
        assert np.abs(difference).max() < 0.02 * scale


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_batch_normalization(training, scale):
    rng = np.random.default_rng(0)
    x = rng.normal(2, 3, size=(3, 4, 5, 6)).astype("float32")
    layer = keras.layers.BatchNormalization(
        momentum=0.9, epsilon=1e-3, scale=scale, center=not scale or training
    )
    layer.build(x.shape)
    for variable in layer.weights:
        variable.assign(rng.uniform(0.5, 2, variable.shape))
    m, v = layer.moving_mean.numpy(), layer.moving_variance.numpy()
    gamma = layer.gamma.numpy() if scale else 1
    beta = layer.beta.numpy() if layer.center else 0
    patch_layers(layer, AttributePatcher())
    y = layer(x, training=training).numpy()
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    if not training:
        mean, variance = m, v
    np.testing.assert_allclose(
        y,
        gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta,
        rtol=1e-4,
        atol=1e-5,
    )
    if training:
        m, v = 0.9 * m + 0.1 * mean, 0.9 * v + 0.1 * variance
    np.testing.assert_allclose(layer.moving_mean, m, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, v, rtol=1e-5)


def test_a_frozen_norm_uses_what_it_has():
    layer = keras.layers.BatchNormalization()
    layer.build((2, 2, 2, 3))
    layer.trainable = False
    patch_layers(layer, AttributePatcher())
    x = np.full((2, 2, 2, 3), 5.0, "float32")
    np.testing.assert_allclose(layer(x, training=True), x, rtol=1e-3)
    np.testing.assert_array_equal(layer.moving_mean, 0)


def _others():
    class Mine(keras.layers.Conv2D):
        pass

    yield keras.layers.Conv2D(4, 3, groups=2, padding="same"), (None, 8, 8, 4)
    yield keras.layers.Conv2D(4, 3, dilation_rate=2), (None, 8, 8, 4)
    yield keras.layers.Conv2D(4, 3, 2, padding="same"), (None, 8, 8, 4)
    yield Mine(4, 1), (None, 8, 8, 4)
    yield keras.layers.BatchNormalization(renorm=True), (None, 8, 8, 4)
    yield keras.layers.BatchNormalization(synchronized=True), (None, 8, 8, 4)
    yield keras.layers.DepthwiseConv2D(3), (None, 8, 8, 4)
    yield keras.layers.Dense(3), (None, 4)


@pytest.mark.parametrize("layer,shape", list(_others()))
def test_other_layers_are_left_alone(layer, shape):
    layer.build(shape)
    assert patch_layers(layer, AttributePatcher()) == 0


def test_what_the_operations_cannot_do_is_done_by_keras():
    """Vectors, float16 and axes: as Keras, bit for bit."""
    rng = np.random.default_rng(0)
    for layer, x in (
        (keras.layers.BatchNormalization(), rng.normal(size=(4, 3))),
        (keras.layers.BatchNormalization(1), rng.normal(size=(4, 3, 2, 2))),
        (keras.layers.Conv2D(2, 1, dtype="float16"), np.ones((1, 2, 2, 3))),
    ):
        layer.build(x.shape)
        x = x.astype("float32")
        expected = layer(x).numpy()
        assert patch_layers(layer, AttributePatcher()) == 1
        np.testing.assert_array_equal(layer(x), expected)


def test_masks_and_unknown_sizes_are_left_to_keras():
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
    mask = np.arange(32).reshape(2, 4, 4) % 3 > 0
    norm = keras.layers.BatchNormalization()
    other = keras.layers.BatchNormalization()
    assert patch_layers(norm, AttributePatcher()) == 1
    np.testing.assert_array_equal(
        norm(x, training=True, mask=mask), other(x, training=True, mask=mask)
    )
    inputs = keras.Input((None, None, 3))
    layer = keras.layers.Conv2D(2, 1, 2)
    model = keras.Model(inputs, layer(inputs))
    expected = model(x).numpy()
    patch_layers(model, AttributePatcher())
    signature = [tf.TensorSpec((None, None, None, 3))]
    run = tf.function(lambda x: model(x), input_signature=signature)
    np.testing.assert_array_equal(run(x), expected)


def _net():
    keras.utils.set_random_seed(0)
    model = seal_tf.models.build("small", (16, 16, 3), 4)
    model.compile(
        seal_tf.optimizers.SGD(0.05, 0.9, l2=1e-3),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def test_a_fit_is_that_of_keras_and_its_files_are_plain(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 16, 16, 3)).astype("float32")
    y = np.eye(4)[rng.integers(0, 4, 40)]
    ends = []
    fast = FastOps()
    for callbacks in ([], [fast]):
        model = _net()
        callbacks.append(
            keras.callbacks.ModelCheckpoint(tmp_path / "model.keras")
        )
        history = model.fit(
            x,
            y,
            batch_size=16,
            epochs=1,
            shuffle=False,
            validation_data=(x, y),
            verbose=0,
            callbacks=callbacks,
        )
        ends.append((model.get_weights(), history.history["val_loss"]))
    assert fast.layers == sum(
        isinstance(
            layer, (keras.layers.Conv2D, keras.layers.BatchNormalization)
        )
        for layer in model.layers
    )
    for a, b in zip(ends[0][0], ends[1][0], strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-4)
    np.testing.assert_allclose(ends[0][1], ends[1][1], rtol=1e-3)
    for layer in model._flatten_layers():
        assert "convolution_op" not in vars(layer)
        assert "call" not in vars(layer)
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert {
        type(layer).__module__.split(".")[0] for layer in loaded.layers
    } == {"keras"}
    for a, b in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def _data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(16, 16, 16, 3)), np.eye(4)[rng.integers(0, 4, 16)]


@pytest.mark.slow
def test_the_lent_operations_are_those_that_run(monkeypatch):
    """In training, evaluation and prediction; before and after, Keras'."""
    model, (x, y) = _net(), _data()
    calls, inner = [], batch_normalization.normalize

    def counted(*arguments):
        calls.append(1)
        return inner(*arguments)

    monkeypatch.setattr(batch_norm, "normalized", counted)
    found = []
    for callbacks in ([], [FastOps()], []):
        for do in (
            lambda c=callbacks: model.fit(x, y, verbose=0, callbacks=c),
            lambda c=callbacks: model.fit(
                x, y, verbose=0, validation_data=(x, y), callbacks=c
            ),
        ):
            calls.clear()
            do()
            found.append(len(calls))
    norms = sum(
        isinstance(layer, keras.layers.BatchNormalization)
        for layer in model.layers
    )
    assert found[:2] == found[4:] == [0, 0]
    assert found[2] % norms == 0 and found[2] > 0
    # A trace of the evaluation more.
    assert found[3] == found[2] + norms


def test_an_interrupted_fit_leaves_nothing_for_good():
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    model, (x, y) = _net(), _data()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, verbose=0, callbacks=[FastOps(), Interrupt()])
    # Two of them in one fit do no harm either.
    model.fit(x, y, verbose=0, callbacks=[FastOps(), FastOps()])
    for layer in model._flatten_layers():
        assert not {"convolution_op", "call"} & set(vars(layer))


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("how", ["training", "frozen", "inference"])
def test_gradients_of_batch_normalization(how, policy):
    rng = np.random.default_rng(0)
    x = rng.normal(2, 3, size=(3, 4, 5, 6)).astype("float32")
    found = []
    for lend in (False, True):
        layer = keras.layers.BatchNormalization(dtype=policy)
        layer.build(x.shape)
        layer.gamma.assign(np.linspace(0.5, 2, 6))
        layer.trainable = how != "frozen"
        if lend:
            patch_layers(layer, AttributePatcher())

        def loss(x, layer=layer):
            y = layer(x, training=how != "inference")
            return tf.cast(y, "float32")

        given = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch([given, layer.gamma.value, layer.beta.value])
            y = loss(given)
            total = tf.reduce_sum(y * np.sin(np.arange(360)).reshape(y.shape))
        grads = tape.gradient(
            total, [given, layer.gamma.value, layer.beta.value]
        )
        found.append([y, *grads])
    tolerance = 1e-4 if policy == "float32" else 3e-2
    for a, b in zip(*found, strict=True):
        scale = np.abs(b).max()
        np.testing.assert_allclose(a, b, atol=tolerance * scale)


def test_nothing_is_lent_where_xla_compiles():
    model, fast = _net(), FastOps()
    model.jit_compile = True
    fast.set_model(model)
    fast.on_train_begin()
    assert fast.layers == 0

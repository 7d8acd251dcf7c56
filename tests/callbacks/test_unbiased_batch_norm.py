"""The unbiased running variance."""

import keras
import numpy as np
import pytest

from seal_tf import FastOps, SEALCallback, UnbiasedBatchNorm

X = np.random.default_rng(0).normal(size=(6, 4, 4, 3)).astype("float32")
Y = np.zeros((6, 1), "float32")


def _fit(callbacks, images=6, **compile_arguments):
    keras.utils.set_random_seed(0)
    norm = keras.layers.BatchNormalization(momentum=0.9)
    model = keras.Sequential(
        [
            keras.Input((4, 4, 3)),
            norm,
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1), "mse", **compile_arguments)
    model.fit(
        X[:images],
        Y[:images],
        batch_size=6,
        verbose=0,
        callbacks=[c() for c in callbacks],
    )
    return model, norm


@pytest.mark.parametrize(
    "callbacks",
    [
        [UnbiasedBatchNorm],
        [FastOps, UnbiasedBatchNorm],
        [UnbiasedBatchNorm, FastOps],
    ],
)
@pytest.mark.parametrize("images", [1, 2, 6])
def test_moving_variance_is_the_unbiased_one_of_numpy(callbacks, images):
    _, norm = _fit(callbacks, images)
    expected = 0.9 + 0.1 * X[:images].var((0, 1, 2), ddof=1)
    np.testing.assert_allclose(norm.moving_variance, expected, rtol=1e-6)


def test_training_and_moving_mean_are_those_of_keras():
    (ours, norm), (plain, plain_norm) = _fit([UnbiasedBatchNorm]), _fit([])
    for a, b in zip(
        ours.trainable_variables, plain.trainable_variables, strict=True
    ):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(norm.moving_mean, plain_norm.moving_mean)


@pytest.mark.parametrize("callbacks", [[UnbiasedBatchNorm], [FastOps]])
def test_layers_and_model_are_plain_after_fit(callbacks):
    model, norm = _fit([*callbacks])
    assert "call" not in vars(norm) and "fit" not in vars(model)
    assert "apply" not in vars(model.optimizer)


def test_layers_are_plain_after_an_interrupted_fit():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    model, norm = _fit([])
    callbacks = [
        FastOps(),
        SEALCallback(generations=1, ascent_epochs=0, split_at=0.5),
        UnbiasedBatchNorm(),
        Stop(),
    ]
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, verbose=0, epochs=2, callbacks=callbacks)
    model.predict(X, verbose=0)
    assert "call" not in vars(norm)
    assert not {"fit", "predict", "train_step"} & set(vars(model))


def test_frozen_layer_keeps_its_statistics():
    model, norm = _fit([])
    norm.trainable = False
    before = np.array(norm.moving_variance)
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0, callbacks=[UnbiasedBatchNorm()])
    np.testing.assert_array_equal(norm.moving_variance, before)


def test_masked_input_raises():
    inputs = keras.Input((3,))
    x = keras.layers.Embedding(4, 2, mask_zero=True)(inputs)
    x = keras.layers.BatchNormalization()(x)
    model = keras.Model(inputs, x)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="masked"):
        model.fit(
            np.ones((2, 3)),
            np.ones((2, 3, 2)),
            verbose=0,
            callbacks=[UnbiasedBatchNorm()],
        )


def test_renormalization_is_refused():
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.BatchNormalization(renorm=True, name="renormalized"),
        ]
    )
    model.compile("sgd", "mse")
    x = np.ones((4, 3), "float32")
    with pytest.raises(ValueError, match="'renormalized' is not defined with"):
        model.fit(x, x, verbose=0, callbacks=[UnbiasedBatchNorm()])

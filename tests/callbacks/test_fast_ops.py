"""The callback that patches layers for the length of a fit."""

import keras
import numpy as np
import pytest

import seal_tf
from seal_tf.callbacks.fast_ops import FastOps
from seal_tf.fast_ops import batch_normalization


def _model():
    keras.utils.set_random_seed(0)
    model = seal_tf.models.build("small", (16, 16, 3), 4)
    model.compile(
        seal_tf.optimizers.SGD(0.05, 0.9, l2=1e-3),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def _data(count=16):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, 16, 16, 3)).astype("float32")
    return x, np.eye(4)[rng.integers(0, 4, count)]


def test_fit_with_fast_ops_equals_keras_and_saves_plain_files(tmp_path):
    x, y = _data(40)
    results = []
    fast = FastOps()
    for callbacks in ([], [fast]):
        model = _model()
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
        results.append((model.get_weights(), history.history["val_loss"]))
    assert fast.layers == sum(
        isinstance(
            layer, (keras.layers.Conv2D, keras.layers.BatchNormalization)
        )
        for layer in model.layers
    )
    for a, b in zip(results[0][0], results[1][0], strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-4)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-3)
    for layer in model._flatten_layers():
        assert "convolution_op" not in vars(layer)
        assert "call" not in vars(layer)
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert {
        type(layer).__module__.split(".")[0] for layer in loaded.layers
    } == {"keras"}
    for a, b in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_fit_runs_fast_ops_in_every_function_and_keras_ops_after_it(
    monkeypatch,
):
    """In training, evaluation and prediction; before and after it, Keras'."""
    model, (x, y) = _model(), _data()
    calls, normalize = [], batch_normalization.normalize

    def counting_normalize(*arguments):
        calls.append(1)
        return normalize(*arguments)

    monkeypatch.setattr(batch_normalization, "normalize", counting_normalize)
    counts = []
    for callbacks in ([], [FastOps()], []):
        for run in (
            lambda c=callbacks: model.fit(x, y, verbose=0, callbacks=c),
            lambda c=callbacks: model.fit(
                x, y, verbose=0, validation_data=(x, y), callbacks=c
            ),
        ):
            calls.clear()
            run()
            counts.append(len(calls))
    layers = sum(
        isinstance(layer, keras.layers.BatchNormalization)
        for layer in model.layers
    )
    assert counts[:2] == counts[4:] == [0, 0]
    assert counts[2] % layers == 0 and counts[2] > 0
    # One more trace, of the evaluation.
    assert counts[3] == counts[2] + layers


def test_fit_after_an_interrupted_fit_restores_every_layer():
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    model, (x, y) = _model(), _data()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, verbose=0, callbacks=[FastOps(), Interrupt()])
    # Two callbacks in one fit are harmless, too.
    model.fit(x, y, verbose=0, callbacks=[FastOps(), FastOps()])
    for layer in model._flatten_layers():
        assert not {"convolution_op", "call"} & set(vars(layer))


def test_fit_with_xla_patches_no_layer():
    model, fast = _model(), FastOps()
    model.jit_compile = True
    fast.set_model(model)
    fast.on_train_begin()
    assert fast.layers == 0

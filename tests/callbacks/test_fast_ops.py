"""The callback that patches layers for the length of a fit."""

import keras
import numpy as np
import pytest

import seal_tf
from seal_tf.callbacks import fast_ops as module
from seal_tf.callbacks.fast_ops import FastOps
from seal_tf.fast_ops import batch_normalization, cache, selection
from seal_tf.fast_ops.choices import Choices


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """The folder of kept measurements, empty."""
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def _model():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Conv2D(6, 3, 2)(keras.layers.ReLU()(x))
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(4)(x), name="two_layers")
    model.compile(
        seal_tf.optimizers.SGD(0.05, 0.9, l2=1e-3),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def _data(count=16):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, 8, 8, 3)).astype("float32")
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


def _fit(fast, x, y, model=None, **arguments):
    model = model or _model()
    model.fit(
        x,
        y,
        batch_size=16,
        shuffle=False,
        verbose=0,
        callbacks=[fast],
        **arguments,
    )
    return model.get_weights()


def test_fit_with_measure_equals_keras_and_keeps_the_choice(
    monkeypatch, folder
):
    monkeypatch.setattr(module, "MIN_STEPS", 1)
    # The comparison of whole steps must not take the choice back here.
    monkeypatch.setattr(
        selection.Measurement, "is_faster", property(lambda self: True)
    )
    x, y = _data(16)
    lines = []
    measuring = FastOps("measure", 16, lines.append)
    measured = _fit(measuring, x, y)
    assert len(lines) == 1 and "2 shapes" in lines[0]
    assert len(measuring.choices.convolutions) == 2
    plain = _model()
    plain.fit(x, y, batch_size=16, shuffle=False, verbose=0)
    for a, b in zip(measured, plain.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-4)
    # A second run measures nothing and computes the same bits.
    monkeypatch.setattr(selection, "measure", None)
    for mode in ("measure", "cached"):
        second = FastOps(mode, 16, lines.append)
        for a, b in zip(_fit(second, x, y), measured, strict=True):
            np.testing.assert_array_equal(a, b)
        assert second.choices == measuring.choices
    assert len(lines) == 1


@pytest.mark.parametrize("mode", ["table", "cached", "measure"])
def test_short_fit_does_not_measure(monkeypatch, mode):
    monkeypatch.setattr(selection, "measure", None)
    fast = FastOps(mode)
    _fit(fast, *_data(16))
    assert fast.choices == Choices() and fast.layers > 0


def test_mode_off_patches_nothing():
    fast = FastOps("off")
    _fit(fast, *_data(16))
    assert fast.layers == 0


@pytest.mark.parametrize("kind", [ValueError, NotImplementedError])
def test_model_that_cannot_be_measured_uses_the_table(monkeypatch, kind):
    monkeypatch.setattr(module, "MIN_STEPS", 1)

    def fail(*arguments):
        raise kind("no such shape")

    monkeypatch.setattr(selection, "measure", fail)
    fast = FastOps()
    with pytest.warns(
        RuntimeWarning, match="could not measure two_layers .no such"
    ):
        _fit(fast, *_data(16))
    assert fast.choices == Choices()


def test_state_before_the_first_step_is_no_choice():
    fast = FastOps("table")
    states = []
    save = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: states.append(fast.get_state()),
        on_train_batch_end=lambda batch, logs: states.append(fast.get_state()),
    )
    model = _model()
    x, y = _data(16)
    model.fit(x, y, batch_size=16, verbose=0, callbacks=[fast, save])
    assert states[0] == {} and "choices" in states[1]
    fast.set_state({})
    assert fast._restored is None


def test_restored_state_is_used_and_names_another_machine(monkeypatch):
    monkeypatch.setattr(module, "MIN_STEPS", 1)
    monkeypatch.setattr(selection, "measure", None)
    state = {
        "choices": Choices(fused_batch_norm=False).to_json(),
        "processor": "another CPU",
    }
    lines = []
    fast = FastOps(report=lines.append)
    fast.set_state(state)
    _fit(fast, *_data(16))
    assert fast.choices.fused_batch_norm is False
    assert len(lines) == 1 and "chosen on another CPU" in lines[0]
    here = fast.get_state()
    assert here["choices"] == state["choices"]
    fast.set_state(here)
    _fit(fast, *_data(16))
    assert len(lines) == 1


def test_config_restores_the_settings():
    fast = FastOps.from_config(FastOps("cached", 7).get_config())
    assert (fast.mode, fast.batch_size) == ("cached", 7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "fast"}, "`mode` must be one of measure.*mode=fast"),
        ({"batch_size": 0}, "`batch_size` must be at least 1"),
    ],
)
def test_invalid_argument_raises(arguments, message):
    with pytest.raises(ValueError, match=message):
        FastOps(**arguments)

import keras
import numpy as np
import pytest

from seal_tf import FreezeOutCallback, SEALCallback
from seal_tf.checkpoints.variables import values
from tests.training import nets


class Interrupt(keras.callbacks.Callback):
    """Raises an exception in the first ascent epoch."""

    def __init__(self, error):
        super().__init__()
        self._error = error

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self._epoch == 2:
            raise self._error


def _interrupted(error=None, first=False, callback=None):
    model = nets.compiled(nets.functional(), keras.optimizers.SGD(0.5))
    error = error or KeyboardInterrupt()
    seal = callback or SEALCallback(generations=2, ascent_scale=1.0)
    callbacks = [seal, Interrupt(error)]
    with pytest.raises(type(error)):
        model.fit(
            *nets.data(),
            epochs=4,
            verbose=0,
            callbacks=callbacks[::-1] if first else callbacks,
        )
    return model


def _is_plain(model):
    names = {"train_step", "fit", "compile", "make_train_function"}
    return not names & set(vars(model)) and not {
        "apply",
        "update_step",
    } & set(vars(model.optimizer))


def _descends(model):
    """Whether a step of `train_on_batch` moves against the gradient."""
    x, y = nets.data()
    variable = model.trainable_variables[0]
    # A copy with a rate of 1 has the gradient as its step.
    plain = keras.models.clone_model(model)
    plain.set_weights([np.array(w) for w in model.get_weights()])
    nets.compiled(plain, keras.optimizers.SGD(1.0))
    before, start = values([variable, plain.trainable_variables[0]])
    plain.train_on_batch(x, y)
    (after,) = values(plain.trainable_variables[:1])
    model.train_on_batch(x, y)
    (moved,) = values([variable])
    return float(((moved - before) * (after - start)).sum()) > 0


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("stop")])
def test_train_on_batch_after_interrupted_fit_descends(error, first):
    model = _interrupted(error, first)
    assert _descends(model)
    assert _is_plain(model)


X, Y = nets.data()
ENTRIES = {
    "compile": lambda m: nets.compiled(m, keras.optimizers.SGD(0.5)),
    "evaluate": lambda m: m.evaluate(X, Y, verbose=0),
    "predict": lambda m: m.predict(X, verbose=0),
    "test_on_batch": lambda m: m.test_on_batch(X, Y),
    "predict_on_batch": lambda m: m.predict_on_batch(X),
    "make_train_function": lambda m: m.make_train_function(),
    "fit": lambda m: m.fit(X, Y, verbose=0),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_entry_point_after_interrupted_fit_restores_the_model(name):
    model = _interrupted()
    ENTRIES[name](model)
    assert _is_plain(model)
    assert _descends(model)


def test_optimizer_apply_after_interrupted_fit_restores_the_model():
    model = _interrupted()
    variables = model.trainable_variables
    gradients = [keras.ops.ones(v.shape) for v in variables]
    before = values(variables)
    model.optimizer.apply(gradients, variables)
    assert _is_plain(model)
    for old, variable in zip(before, variables, strict=True):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(variable), old - 0.5, rtol=1e-5
        )


def test_save_after_interrupted_fit_writes_a_plain_model(tmp_path):
    model = _interrupted()
    model.save(tmp_path / "m.keras")
    assert _is_plain(model)
    assert keras.saving.load_model(tmp_path / "m.keras").optimizer


def test_error_in_the_data_restores_the_model():
    def batches():
        yield X[:8], Y[:8]
        raise RuntimeError("no more data")

    model = nets.compiled(nets.functional(), keras.optimizers.SGD(0.5))
    with pytest.raises(Exception, match="no more data"):
        model.fit(
            batches(),
            steps_per_epoch=2,
            epochs=2,
            verbose=0,
            callbacks=[SEALCallback(generations=2)],
        )
    assert _descends(model)
    assert _is_plain(model)


def test_frozen_layers_after_interrupted_fit_are_trainable():
    model = _interrupted(callback=FreezeOutCallback(0.3, grouping="layers"))
    assert all(layer.trainable for layer in model.layers)
    assert len(model.trainable_variables) == 8


def test_entry_points_within_fit_keep_the_schedule():
    """Validation and callbacks use the model without ending the ascent."""

    class Use(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.predict(X, verbose=0)
            self.model.evaluate(X, Y, verbose=0)

    model = nets.compiled(nets.functional(), keras.optimizers.SGD(0.5))
    history = model.fit(
        X,
        Y,
        epochs=4,
        validation_data=(X, Y),
        verbose=0,
        callbacks=[Use(), SEALCallback(generations=2), Use()],
    )
    assert history.history["ascent"] == [0, 0, 1, 0]
    assert _is_plain(model)

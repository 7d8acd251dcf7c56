"""What only JAX has: a stateless step and state among the optimizer's."""

import functools

import jax
import keras
import numpy as np
import pytest

from seal_tf import (
    FreezeOutCallback,
    GenerationCallback,
    SAMCallback,
    SEALCallback,
    SEALTrainStep,
)
from seal_tf.backends import get_backend
from seal_tf.backends.jax import evaluation_step
from seal_tf.checkpoints.variables import values
from seal_tf.schedules import Normal
from tests.training import nets

pytestmark = pytest.mark.jax


def test_fit_without_ascent_equals_keras():
    x, y = nets.data(50)
    results = []
    for callbacks in ([], [GenerationCallback(Normal(generations=1))]):
        keras.utils.set_random_seed(1)
        model = nets.compiled(nets.functional())
        history = model.fit(
            x,
            y,
            16,
            epochs=2,
            shuffle=False,
            verbose=0,
            callbacks=callbacks,
            sample_weight=np.linspace(0, 2, 50),
        ).history
        results.append((values(model.weights), history["loss"]))
    for a, b in zip(results[0][0], results[1][0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-6)


class OwnStep(nets.Subclassed):
    """A train step as in Keras' guide for JAX, without a mixin.

    Its loss is twice the compiled one.
    """

    def train_step(self, state, data):
        trainable, other, optimizer_variables, metrics = state
        x, y = data

        def loss(trainable):
            y_pred, updated = self.stateless_call(
                trainable, other, x, training=True
            )
            return 2 * self.compute_loss(x, y, y_pred), updated

        (value, other), gradients = jax.value_and_grad(loss, has_aux=True)(
            trainable
        )
        trainable, optimizer_variables = self.optimizer.stateless_apply(
            optimizer_variables, gradients, trainable
        )
        return {"loss": value}, (trainable, other, optimizer_variables, metrics)


def _own(callbacks, cls=OwnStep, rate=0.05):
    keras.utils.set_random_seed(1)
    model = cls()
    model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
    x, y = nets.data()
    model.fit(x, y, 16, epochs=4, shuffle=False, verbose=0, callbacks=callbacks)
    return model


def test_own_train_step_obeys_the_plan_as_keras_own_does():
    seal = [SEALCallback(generations=2, split_at="second")]
    own, plain = _own(seal), _own(seal, nets.Subclassed, rate=0.1)
    for a, b in zip(own.weights, plain.weights, strict=True):
        np.testing.assert_allclose(*values([a, b]), rtol=1e-4, atol=1e-6)
    a, b = values([own.weights[0], _own([]).weights[0]])
    assert np.abs(a - b).max() > 0


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (lambda: SAMCallback(), "sam computes the loss twice"),
        (lambda: FreezeOutCallback(), "freezes layers.*own train_step"),
    ],
)
def test_own_train_step_refuses_what_needs_another_pass(callback, message):
    with pytest.raises(ValueError, match=message):
        _own([callback()])


def test_minimize_names_stateless_apply():
    class Minimizing(SEALTrainStep, nets.Subclassed):
        def train_step(self, state, data):
            return self.minimize(lambda: None)

    with pytest.raises(NotImplementedError, match="stateless_apply"):
        _own([SEALCallback(generations=2)], Minimizing)


def test_files_saved_during_fit_have_the_optimizer_without_the_plan(tmp_path):
    class Save(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.save(tmp_path / "model.keras")

    model = nets.compiled(nets.functional(), "adam")
    x, y = nets.data()
    seal = SEALCallback(generations=2, split_at="second")
    model.fit(x, y, epochs=4, verbose=0, callbacks=[seal, Save()])
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    saved, own = loaded.optimizer.variables, model.optimizer.variables
    assert len(saved) == len(own)
    for a, b in zip(values(saved), values(own), strict=True):
        np.testing.assert_array_equal(a, b)


def test_frozen_prefix_is_not_differentiated():
    """The gradient of a frozen convolution is not in the compiled step."""
    counts = []

    class Count(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            get_backend().synchronize(self.model)
            state = self.model._get_jax_state(True, True, True, True)
            step = self.model.train_step
            text = jax.make_jaxpr(lambda s, d: step(s, d))(state, (x, y))
            counts.append(str(text).count("conv_general_dilated"))

    model = nets.blocks()
    model.compile(
        "sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    x = np.ones((4, 8, 8, 1), "float32")
    y = np.zeros(4, "int32")
    callbacks = [FreezeOutCallback(t0=0.3, learning_rate=0.1), Count()]
    model.fit(x, y, 4, epochs=4, verbose=0, callbacks=callbacks)
    assert counts[0] > counts[-1]
    assert counts == sorted(counts, reverse=True)


def test_padding_changes_neither_the_step_nor_the_evaluation():
    """Ten images in a batch of 16, with class weights in training."""
    x, y = nets.data(10)
    weights = np.linspace(0.5, 2, 10).astype("float32")
    padded = [np.resize(a, (16, *a.shape[1:])) for a in (x, y, weights)]
    padded[2][10:] = 0
    is_real = (np.arange(16) < 10).astype("float32")
    results = []
    for data, validation in (
        ((x, y, weights), (x, y)),
        (padded, (*padded[:2], is_real)),
    ):
        keras.utils.set_random_seed(1)
        # BatchNormalization would see some images twice.
        model = keras.Sequential(
            [
                keras.Input((6,)),
                keras.layers.Dense(8, "tanh"),
                keras.layers.Dense(3),
            ]
        )
        kind = "metrics" if len(validation) == 2 else "weighted_metrics"
        model.compile(
            keras.optimizers.SGD(0.1),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            **{kind: [keras.metrics.SparseCategoricalAccuracy(name="acc")]},
        )
        generations = GenerationCallback(Normal(generations=1))
        generations.padded = len(validation) == 3
        if generations.padded:
            model.test_step = functools.partial(evaluation_step, model)
        history = model.fit(
            *data[:2],
            16,
            sample_weight=data[2],
            epochs=3,
            shuffle=False,
            verbose=0,
            validation_data=validation,
            callbacks=[generations],
        ).history
        results.append((values(model.weights), history))
    for a, b in zip(results[0][0], results[1][0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    for name in ("loss", "acc", "val_loss", "val_acc"):
        np.testing.assert_allclose(
            results[0][1][name], results[1][1][name], rtol=1e-5, err_msg=name
        )

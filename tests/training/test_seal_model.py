"""Model classes with their own train step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf import (
    SEALCallback,
    SEALModel,
    SEALTrainStep,
    SnapshotCallback,
)
from tests.training import nets

#: tests/backends has the train steps of other backends.
pytestmark = pytest.mark.tensorflow


def test_seal_model_without_callback_is_keras():
    x, y = nets.data()
    losses = []
    for cls in (keras.Model, SEALModel):
        keras.utils.set_random_seed(2)
        inner = nets.functional()
        model = nets.compiled(cls(inner.inputs, inner.outputs))
        losses.append(model.fit(x, y, epochs=2, verbose=0).history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-6)


class OwnStep(SEALTrainStep, nets.Subclassed):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
        variables = self.trainable_variables
        self.apply_signed_gradients(tape.gradient(loss, variables), variables)
        self._loss_tracker.update_state(loss)
        return self.compute_metrics(x, y, self(x))


@pytest.mark.parametrize("with_callback", [True, False])
def test_apply_signed_gradients_in_own_train_step_trains(with_callback):
    x, y = nets.data()
    model = nets.compiled(OwnStep(), "sgd")
    callbacks = [SEALCallback(generations=2, split_at="second")]
    history = model.fit(
        x,
        y,
        16,
        epochs=4,
        verbose=0,
        callbacks=callbacks if with_callback else [],
    ).history
    assert history.get("ascent") == ([0, 0, 1, 0] if with_callback else None)
    assert history["loss"][-1] < history["loss"][0]


def test_own_train_step_without_apply_signed_gradients_raises():
    class Incomplete(SEALTrainStep, nets.Subclassed):
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                loss = self.compute_loss(x, y, self(x, training=True))
            variables = self.trainable_variables
            gradients = tape.gradient(loss, variables)
            self.optimizer.apply_gradients(
                zip(gradients, variables, strict=True)
            )
            return {"loss": loss}

    x, y = nets.data()
    model = Incomplete()
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match="self.apply_signed_gradients"):
        model.fit(
            x, y, epochs=2, verbose=0, callbacks=[SEALCallback(generations=2)]
        )


class TwoUpdates(SEALTrainStep, nets.Subclassed):
    """Applies gradients twice in one step, as a GAN does."""

    def train_step(self, data):
        variables = self.trainable_variables
        for part in (variables[:4], variables[4:]):
            self.apply_signed_gradients([tf.ones(v.shape) for v in part], part)
        return {"loss": tf.zeros(())}


def test_two_updates_in_one_step_are_one_step_of_the_plan():
    x, y = nets.data(count=64)
    model = TwoUpdates()
    model(x)
    model.compile(keras.optimizers.SGD(1.0), "mse")
    before = [np.array(v) for v in model.trainable_variables]
    snapshots = SnapshotCallback(cycles=1, learning_rate=1.0)
    model.fit(x, y, 16, epochs=1, verbose=0, callbacks=[snapshots])
    # Four steps of one cosine cycle.
    distance = sum((1 + np.cos(np.pi * step / 4)) / 2 for step in range(1, 5))
    for old, new in zip(before, model.trainable_variables, strict=True):
        np.testing.assert_allclose(old - new, distance, rtol=1e-5)


class Minimizing(SEALTrainStep, nets.Subclassed):
    def train_step(self, data):
        x, y = data

        def compute_loss():
            y_pred = self(x, training=True)
            return self.compute_loss(x, y, y_pred), y_pred

        y_pred = self.minimize(compute_loss)
        return self.compute_metrics(x, y, y_pred)


@pytest.mark.parametrize(
    "policy",
    ["float32", pytest.param("mixed_float16", marks=pytest.mark.slow)],
)
def test_minimize_trains_and_logs_as_the_step_of_keras(policy):
    x, y = nets.data()
    results = []
    keras.config.set_dtype_policy(policy)
    try:
        for cls in (nets.Subclassed, Minimizing):
            keras.utils.set_random_seed(0)
            model = nets.compiled(cls(), keras.optimizers.SGD(0.1))
            history = model.fit(x, y, 16, epochs=3, verbose=0, shuffle=False)
            results.append((history.history, model.get_weights()))
    finally:
        keras.config.set_dtype_policy("float32")
    (plain, plain_weights), (ours, weights) = results
    np.testing.assert_allclose(ours["loss"], plain["loss"], rtol=1e-5)
    assert ours["loss"][0] > 0.1
    for a, b in zip(weights, plain_weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_minimize_with_callback_ascends():
    x, y = nets.data()
    keras.utils.set_random_seed(0)
    model = nets.compiled(Minimizing(), keras.optimizers.SGD(0.1))
    callback = SEALCallback(generations=2, split_at="second")
    history = model.fit(
        x, y, 16, epochs=4, verbose=0, callbacks=[callback]
    ).history
    assert history["ascent"] == [0, 0, 1, 0]

"""Model classes with their own train step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf import SEALCallback, SEALModel, SEALTrainStep
from tests.training import nets


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

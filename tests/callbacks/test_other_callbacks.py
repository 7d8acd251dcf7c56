"""Beside Keras' own callbacks, and what people do with them."""

import keras
import numpy as np
import pytest

from seal_tf import SEALCallback, SEALTrainStep
from tests.training import nets


class _Custom(keras.optimizers.schedules.LearningRateSchedule):
    """As in the tutorials: no get_config."""

    def __call__(self, step):
        return 0.01


def _rate():
    return 0.01


@pytest.mark.parametrize("rate", [_Custom(), _rate, lambda: 0.01])
def test_any_rate_of_the_users(rate):
    x, y = nets.data()
    model = nets.compiled(nets.functional(), keras.optimizers.Adam(rate))
    seal = SEALCallback(generations=2, split_at="second", ascent_scale=0.5)
    history = model.fit(x, y, epochs=4, verbose=0, callbacks=[seal]).history
    np.testing.assert_allclose(history["later_rate"], 0.01, rtol=1e-5)
    assert history["early_rate"][2] == pytest.approx(-0.005)


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize("cut", [2, 5])
def test_backup_and_restore(tmp_path, reset, cut):
    """Interrupted and run again: as if it never had been."""
    x, y = nets.data(48)

    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == cut:
                raise KeyboardInterrupt

    def run(folder, *more):
        keras.utils.set_random_seed(3)
        model = nets.compiled(nets.functional(), keras.optimizers.Adam(0.01))
        seal = SEALCallback(generations=2, reset_optimizer=reset)
        back = keras.callbacks.BackupAndRestore(str(tmp_path / folder))
        model.fit(
            x,
            y,
            16,
            epochs=8,
            shuffle=False,
            verbose=0,
            callbacks=[seal, back, *more],
        )
        return model.get_weights()

    whole = run("whole")
    with pytest.raises(KeyboardInterrupt):
        run("cut", Interrupt())
    for a, b in zip(whole, run("cut"), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_the_count_that_others_see_is_the_true_one():
    x, y = nets.data(48)
    seen = []

    class AccuracySample(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(int(self.model.optimizer.iterations))

    model = nets.compiled(nets.functional())
    seal = SEALCallback(generations=2)
    model.fit(x, y, 16, epochs=6, verbose=0, callbacks=[seal, AccuracySample()])
    assert seen == [3, 6, 9, 12, 15, 18]


def test_training_goes_on_after_a_divergence():
    x, y = nets.data()
    model = nets.compiled(nets.functional(), keras.optimizers.Adam(0.01))

    class Poison(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                kernel = self.model.get_layer("first").kernel
                kernel.assign(np.full(kernel.shape, np.nan))

    seal = SEALCallback(generations=2)
    with pytest.warns(RuntimeWarning, match="the optimizer is new"):
        model.fit(x, y, epochs=4, verbose=0, callbacks=[seal, Poison()])
    history = model.fit(x, y, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_an_infinite_constant_is_no_divergence():
    class Masked(keras.layers.Layer):
        def build(self, shape):
            self.mask = self.add_weight(
                shape=(2,),
                initializer=keras.initializers.Constant(-np.inf),
                trainable=False,
            )

        def call(self, x):
            return x

    x, y = nets.data()
    inner = nets.functional()
    outputs = Masked()(inner.output)
    model = nets.compiled(keras.Model(inner.inputs, outputs))
    seal = SEALCallback(generations=2)
    history = model.fit(x, y, epochs=4, verbose=0, callbacks=[seal]).history
    assert len(history["loss"]) == 4
    assert seal.diverged is None


def test_a_layer_that_is_never_called():
    class Unused(nets.Subclassed):
        def __init__(self):
            super().__init__()
            self.spare = keras.layers.Dense(5, name="spare")

    model = Unused()
    x, y = nets.data()
    model(x[:1])
    seal = SEALCallback(generations=2, split_at="second")
    assert seal.plan_for(model, 4).layers[0] == ("first", "norm")


def test_eager_models_that_look_at_numbers():
    class Looks(nets.Subclassed):
        def call(self, x, training=False):
            assert x.numpy().ndim == 2
            return super().call(x, training=training)

    x, y = nets.data()
    model = nets.compiled(Looks(), run_eagerly=True)
    seal = SEALCallback(generations=2, split_at="second")
    history = model.fit(x, y, epochs=2, verbose=0, callbacks=[seal]).history
    assert history["ascent"] == [0, 1]


def test_adafactor_under_its_cap():
    """min(rate, 1/sqrt(t)) comes first, then S."""
    x, y = nets.data()
    steps = []
    for ascent in (0, 2):
        keras.utils.set_random_seed(3)
        model = nets.compiled(
            nets.functional(), keras.optimizers.Adafactor(1.0)
        )
        kernel = model.get_layer("first").kernel
        start = kernel.numpy()
        seal = SEALCallback(
            generations=1,
            first_generation=1,
            ascent_epochs=ascent and 1,
            ascent_scale=0.5,
            split_at="second",
        )
        model.fit(x, y, 48, epochs=1, verbose=0, callbacks=[seal])
        steps.append(kernel.numpy() - start)
    np.testing.assert_allclose(steps[1], -0.5 * steps[0], rtol=1e-4)


def test_two_of_ours_are_told_to_join():
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    two = [SEALCallback(generations=2), SEALCallback(generations=2)]
    with pytest.raises(ValueError, match="join their schedules by +"):
        model.fit(x, y, epochs=2, verbose=0, callbacks=two)


def test_a_mixin_class_that_forgets_to_hand_over():
    import tensorflow as tf

    class Forgets(SEALTrainStep, nets.Subclassed):
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                loss = self.compute_loss(x, y, self(x, training=True))
            found = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(
                zip(found, self.trainable_variables, strict=True)
            )
            return {"loss": loss}

    x, y = nets.data()
    model = Forgets()
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match="self.apply_signed_gradients"):
        model.fit(
            x, y, epochs=2, verbose=0, callbacks=[SEALCallback(generations=2)]
        )


def test_weights_and_biases(tmp_path, monkeypatch):
    """Its own callback for Keras, offline; `pip install wandb` to run it."""
    wandb = pytest.importorskip("wandb")
    from wandb.integration.keras import WandbMetricsLogger

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    run = wandb.init(project="seal", dir=str(tmp_path))
    seal = SEALCallback(generations=2)
    logger = WandbMetricsLogger(log_freq=1)
    model.fit(x, y, epochs=4, verbose=0, callbacks=[seal, logger])
    found = dict(run.summary)
    run.finish()
    assert found["epoch/generation"] == 1
    assert found["epoch/later_rate"] > 0

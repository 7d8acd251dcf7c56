"""What SEALCallback says, refuses and puts back."""

import csv
import math

import keras
import numpy as np
import pytest

from seal_tf import GenerationCallback, SEALCallback, SEALModel, SEALTrainStep
from seal_tf.schedules import Normal
from seal_tf.checkpoints.finite_backup import Diverged
from tests.training import nets


def _fit(model=None, epochs=4, callbacks=(), optimizer="adam", **settings):
    x, y = nets.data()
    model = nets.compiled(model or nets.functional(), optimizer)
    seal = SEALCallback(**({"split_at": "second"} | settings))
    history = model.fit(
        x, y, 16, epochs=epochs, verbose=0, callbacks=[seal, *callbacks]
    )
    return model, seal, history.history


def test_logs_say_what_happened(tmp_path):
    file = tmp_path / "log.csv"
    _, seal, history = _fit(
        epochs=8,
        generations=2,
        ascent_scale=0.1,
        callbacks=[keras.callbacks.CSVLogger(str(file))],
    )
    assert history["generation"] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert history["ascent"] == [0, 0, 0, 0, 1, 0, 0, 0]
    np.testing.assert_allclose(
        history["early_rate"], [1e-3] * 4 + [-1e-4] + [1e-3] * 3, rtol=1e-5
    )
    np.testing.assert_allclose(history["later_rate"], [1e-3] * 8, rtol=1e-5)
    rows = list(csv.DictReader(file.open()))
    assert [row["ascent"] for row in rows] == list("00001000")
    assert seal.plan.epoch(4).title() == "generation 2/2 · ascent 1/1"


@pytest.mark.parametrize("verbose", [0, 1, 2])
def test_line_above_the_bar(capsys, verbose):
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    seal = SEALCallback(generations=2, ascent_epochs=2)
    model.fit(x, y, epochs=6, verbose=verbose, callbacks=[seal])
    out = capsys.readouterr().out
    assert ("generation 2/2 · ascent 2/2 · " in out) == bool(verbose)
    if verbose:
        at = out.index("generation 2/2 · ascent 1/2")
        assert out.index("Epoch 4/6") > at > out.index("Epoch 3/6")


def test_own_schedule_is_the_papers():
    _, _, history = _fit(
        epochs=16, generations=2, learning_rate=0.5, optimizer="sgd"
    )
    # E = 8: one epoch of warm-up, then half a cosine over seven.
    once = [0.5] + [0.25 * (1 + math.cos(math.pi * e / 7)) for e in range(7)]
    np.testing.assert_allclose(history["later_rate"], once * 2, rtol=1e-5)


def test_rate_of_a_scheduler_callback_stays_in_charge():
    # Callbacks hear in order: ours reads the rate that is in force.
    decay = keras.callbacks.LearningRateScheduler(lambda e: 0.1 / (e + 1))
    _, _, history = _fit(epochs=4, generations=2, callbacks=[decay])
    np.testing.assert_allclose(
        history["later_rate"], [0.1, 0.05, 0.1 / 3, 0.025], rtol=1e-5
    )


def test_early_stopping_beside_it():
    stop = keras.callbacks.EarlyStopping("ascent", mode="max", patience=2)
    model, _, history = _fit(epochs=12, generations=3, callbacks=[stop])
    # None is better than the first; it gives up after two more.
    assert history["ascent"] == [0, 0, 0]
    assert "train_step" not in vars(model)


def test_plan_before_training(tmp_path):
    model = nets.functional()
    seal = SEALCallback(generations=4, split_at="second", ascent_scale=0.02)
    plan = seal.plan_for(model, epochs=8, steps_per_epoch=5)
    said = plan.describe()
    assert "early: 2 layers with weights, first … norm" in said
    assert "generation 2/4, ascent; early layers at -0.02" in said
    plan.plot(tmp_path / "plan.png")
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="not built yet"):
        seal.plan_for(nets.sequential(built=False), 8)


BAD = {
    "matches nothing": (
        {"generations": 2, "split_at": "secnd"},
        "'secnd'` matches no layer of the model. Nearest: second",
    ),
    "everything later": (
        {"generations": 2, "split_at": "first"},
        "no weights on the early side",
    ),
    "everything early": (
        {"generations": 2, "split_at": lambda layer: True},
        "no weights on the later side",
    ),
    "a share that is none": (
        {"generations": 2, "split_at": 1.5},
        "a share between 0 and 1",
    ),
    "epochs not divisible": (
        {"generations": 3},
        r"epochs=4, generations=3; 4 epochs can be cut into 1, 2, 4",
    ),
    "too long a generation": (
        {"epochs_per_generation": 8},
        "epochs=4, epochs_per_generation=8",
    ),
    "both, and they differ": (
        {"generations": 2, "epochs_per_generation": 4},
        "are 8 epochs. Received: epochs=4",
    ),
    "neither": ({}, "give `generations` or `epochs_per_generation`"),
    "ascent too long": (
        {"generations": 2, "ascent_epochs": 3},
        "between 0 and the 2 epochs of a generation. Received: 3",
    ),
    "infinite S": (
        {"generations": 2, "ascent_scale": math.inf},
        "must be finite and not negative.*inf",
    ),
    "no S": ({"generations": 2, "ascent_scale": math.nan}, "must be finite"),
    "negative S": ({"generations": 2, "ascent_scale": -1.0}, "Received: -1"),
    "a strange rate": (
        {"generations": 2, "learning_rate": 0.0},
        "`learning_rate` must be finite and above 0",
    ),
    "warm-up without a rate": (
        {"generations": 2, "warmup_epochs": 1},
        "`warmup_epochs` belongs to the schedule",
    ),
    "a strange first generation": (
        {"generations": 2, "first_generation": 2},
        "Received: 2",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_settings_before_any_weight_moves(case):
    settings, message = BAD[case]
    model = nets.functional()
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        _fit(model, **settings)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not {"train_step", "fit"} & vars(model).keys()


def test_bad_split_of_a_model_that_is_not_built():
    """Found while the first step is traced; nothing has moved."""
    model = nets.sequential(built=False)
    with pytest.raises(ValueError, match="matches no layer"):
        _fit(model, generations=2, split_at="nowhere")
    assert int(model.optimizer.iterations) == 0
    # And nothing is broken: the same model trains, mended or without us.
    assert "ascent" not in model.fit(*nets.data(), verbose=0).history
    x, y = nets.data()
    seal = SEALCallback(generations=1, split_at="second")
    assert "ascent" in model.fit(x, y, verbose=0, callbacks=[seal]).history


def test_frozen_early_part():
    model = nets.functional()
    for name in ("first", "norm"):
        model.get_layer(name).trainable = False
    with pytest.raises(ValueError, match="all weights of the early layers"):
        _fit(model, generations=2)


def test_own_train_step_is_refused_with_the_way_out():
    class Own(nets.Subclassed):
        def train_step(self, data):
            return super().train_step(data)

    with pytest.raises(ValueError, match="inherit seal_tf.SEALTrainStep"):
        _fit(Own(), generations=2)


def test_own_train_step_through_the_mixin():
    class Own(SEALTrainStep, nets.Subclassed):
        def train_step(self, data):
            import tensorflow as tf

            x, y = data
            with tf.GradientTape() as tape:
                loss = self.compute_loss(x, y, self(x, training=True))
            variables = self.trainable_variables
            self.apply_signed_gradients(
                tape.gradient(loss, variables), variables
            )
            self._loss_tracker.update_state(loss)
            return self.compute_metrics(x, y, self(x))

    _, _, history = _fit(Own(), generations=2, optimizer="sgd")
    assert history["ascent"] == [0, 0, 1, 0]


def test_schedule_and_rate_are_one_too_many():
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    with pytest.raises(ValueError, match="two schedules for one rate"):
        _fit(
            generations=2,
            learning_rate=0.1,
            optimizer=keras.optimizers.SGD(schedule),
        )


def test_divergence_stops_and_puts_back():
    x, y = nets.data()
    model = nets.compiled(nets.functional(), keras.optimizers.SGD(0.1))
    kept = []

    class Keep(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            kept.append(self.model.get_weights())

    seal = SEALCallback(
        generations=2, ascent_epochs=2, ascent_scale=1e30, split_at="second"
    )
    with pytest.warns(RuntimeWarning, match="no longer finite") as caught:
        history = model.fit(
            x, y, 16, epochs=8, verbose=0, callbacks=[Keep(), seal]
        )
    (message,) = {str(w.message) for w in caught if w.category is Diverged}
    assert "epoch 5" in message
    assert "ascent 1/2" in message
    assert "S = 1e+30" in message
    assert seal.diverged == message
    assert len(history.epoch) == 5
    for got, want in zip(model.get_weights(), kept[3], strict=True):
        np.testing.assert_array_equal(got, want)


def test_mixin_class_without_the_callback_is_keras():
    x, y = nets.data()
    losses = []
    for cls in (keras.Model, SEALModel):
        keras.utils.set_random_seed(2)
        inner = nets.functional()
        model = nets.compiled(cls(inner.inputs, inner.outputs))
        losses.append(model.fit(x, y, epochs=2, verbose=0).history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-6)


def test_another_schedule_by_the_same_callback():
    x, y = nets.data()
    model = nets.compiled(nets.functional(), "sgd")
    callback = GenerationCallback(Normal(generations=2, learning_rate=0.1))
    history = model.fit(x, y, epochs=4, verbose=0, callbacks=[callback])
    np.testing.assert_allclose(
        history.history["later_rate"], [0.1, 0.05] * 2, rtol=1e-5
    )

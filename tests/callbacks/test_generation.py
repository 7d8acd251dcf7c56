"""The callback for any schedule: logs, output, divergence, what it restores."""

import csv
import math

import keras
import numpy as np
import pytest

from seal_tf import GenerationCallback, SEALCallback, SnapshotCallback
from seal_tf.callbacks.generation import PlanWarning
from seal_tf.checkpoints.finite_backup import Diverged
from seal_tf.schedules import Normal
from tests.training import nets


def _fit(model=None, epochs=4, callbacks=(), optimizer="adam", **settings):
    x, y = nets.data()
    model = nets.compiled(model or nets.functional(), optimizer)
    seal = SEALCallback(**({"split_at": "second"} | settings))
    history = model.fit(
        x, y, 16, epochs=epochs, verbose=0, callbacks=[seal, *callbacks]
    )
    return model, seal, history.history


def test_logs_contain_generation_ascent_and_rates(tmp_path):
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
def test_fit_prints_the_phase_above_the_progress_bar(capsys, verbose):
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    seal = SEALCallback(generations=2, ascent_epochs=2)
    model.fit(x, y, epochs=6, verbose=verbose, callbacks=[seal])
    output = capsys.readouterr().out
    assert ("generation 2/2 · ascent 2/2 · " in output) == bool(verbose)
    if verbose:
        index = output.index("generation 2/2 · ascent 1/2")
        assert output.index("Epoch 4/6") > index > output.index("Epoch 3/6")


def test_fit_with_another_schedule_follows_it():
    x, y = nets.data()
    model = nets.compiled(nets.functional(), "sgd")
    callback = GenerationCallback(Normal(generations=2, learning_rate=0.1))
    history = model.fit(x, y, epochs=4, verbose=0, callbacks=[callback])
    np.testing.assert_allclose(
        history.history["later_rate"], [0.1, 0.05] * 2, rtol=1e-5
    )


def test_plan_for_describes_and_plots_before_training(tmp_path):
    model = nets.functional()
    seal = SEALCallback(generations=4, split_at="second", ascent_scale=0.02)
    plan = seal.plan_for(model, epochs=8, steps_per_epoch=5)
    text = plan.describe()
    assert "early (early)" not in text
    assert "early: 2 layers with weights, first … norm" in text
    assert "generation 2/4, ascent; early layers at -0.02" in text
    plan.plot(tmp_path / "plan.png")
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")


def test_plan_for_unbuilt_model_raises():
    seal = SEALCallback(generations=4, split_at="second")
    with pytest.raises(ValueError, match="not built: call"):
        seal.plan_for(nets.sequential(built=False), 8)


BAD = {
    "a name that matches nothing": (
        {"generations": 2, "split_at": "secnd"},
        "'secnd'` matches no layer of the model. Nearest names: second",
    ),
    "no early layer": (
        {"generations": 2, "split_at": "first"},
        "no weights on the early side",
    ),
    "no later layer": (
        {"generations": 2, "split_at": lambda layer: True},
        "no weights on the later side",
    ),
    "a fraction above 1": (
        {"generations": 2, "split_at": 1.5},
        "a fraction between 0 and 1.*split_at=1.5",
    ),
    "epochs that do not divide": (
        {"generations": 3},
        r"epochs=4, generations=3. 4 epochs divide into 1, 2, 4",
    ),
    "too long a generation": (
        {"epochs_per_generation": 8},
        "epochs=4, epochs_per_generation=8",
    ),
    "a contradiction": (
        {"generations": 2, "epochs_per_generation": 4},
        "epochs_per_generation=4. Received: epochs=4",
    ),
    "neither": ({}, "Pass `generations` or `epochs_per_generation`"),
    "too long an ascent": (
        {"generations": 2, "ascent_epochs": 3},
        "between 0 and the 2 epochs of a generation.*ascent_epochs=3",
    ),
    "infinite S": (
        {"generations": 2, "ascent_scale": math.inf},
        "`ascent_scale` .*must be finite.*ascent_scale=inf",
    ),
    "nan S": (
        {"generations": 2, "ascent_scale": math.nan},
        "`ascent_scale` .*must be finite",
    ),
    "negative S": (
        {"generations": 2, "ascent_scale": -1.0},
        "ascent_scale=-1",
    ),
    "a rate of 0": (
        {"generations": 2, "learning_rate": 0.0},
        "`learning_rate` must be finite and above 0",
    ),
    "warm-up without a rate": (
        {"generations": 2, "warmup_epochs": 1},
        "`warmup_epochs` requires `learning_rate`",
    ),
    "an unknown first generation": (
        {"generations": 2, "first_generation": 2},
        "`first_generation` .*first_generation=2",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_fit_with_bad_setting_raises_before_any_weight_changes(case):
    settings, message = BAD[case]
    model = nets.functional()
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        _fit(model, **settings)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not {"train_step", "fit"} & vars(model).keys()


def test_fit_of_unbuilt_model_with_bad_split_raises_and_restores_it():
    """The split is checked while the first step is traced."""
    model = nets.sequential(built=False)
    with pytest.raises(ValueError, match="matches no layer"):
        _fit(model, generations=2, split_at="nowhere")
    assert int(model.optimizer.iterations) == 0
    # The same model trains without the callback, and with a correct split.
    assert "ascent" not in model.fit(*nets.data(), verbose=0).history
    x, y = nets.data()
    seal = SEALCallback(generations=1, split_at="second")
    assert "ascent" in model.fit(x, y, verbose=0, callbacks=[seal]).history


def test_fit_with_frozen_early_layers_raises():
    model = nets.functional()
    for name in ("first", "norm"):
        model.get_layer(name).trainable = False
    with pytest.raises(ValueError, match="All weights of the early layers"):
        _fit(model, generations=2)


def test_fit_with_two_schedules_of_the_rate_raises():
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    with pytest.raises(ValueError, match="has two schedules"):
        _fit(
            generations=2,
            learning_rate=0.1,
            optimizer=keras.optimizers.SGD(schedule),
        )


def test_fit_that_diverges_stops_and_restores_the_last_finite_weights():
    x, y = nets.data()
    model = nets.compiled(nets.functional(), keras.optimizers.SGD(0.1))
    weights = []

    class Recorder(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            weights.append(self.model.get_weights())

    seal = SEALCallback(
        generations=2, ascent_epochs=2, ascent_scale=1e30, split_at="second"
    )
    with pytest.warns(RuntimeWarning, match="no longer finite") as records:
        history = model.fit(
            x, y, 16, epochs=8, verbose=0, callbacks=[Recorder(), seal]
        )
    (message,) = {str(w.message) for w in records if w.category is Diverged}
    assert "epoch 5" in message
    assert "ascent 1/2" in message
    assert "S = 1e+30" in message
    assert seal.diverged == message
    assert message.startswith(seal.divergence_cause)
    assert seal.diverged_epoch == 4
    assert len(history.epoch) == 5
    for a, b in zip(model.get_weights(), weights[3], strict=True):
        np.testing.assert_array_equal(a, b)


def test_fit_after_a_divergence_trains_with_a_reset_optimizer():
    x, y = nets.data()
    model = nets.compiled(nets.functional(), keras.optimizers.Adam(0.01))

    class SetNan(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                kernel = self.model.get_layer("first").kernel
                kernel.assign(np.full(kernel.shape, np.nan))

    seal = SEALCallback(generations=2)
    with pytest.warns(RuntimeWarning, match="with a reset optimizer"):
        model.fit(x, y, epochs=4, verbose=0, callbacks=[seal, SetNan()])
    history = model.fit(x, y, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_fit_with_an_infinite_constant_does_not_count_as_divergence():
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


def test_fit_twice_and_without_callback_restores_the_model():
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    callback = SEALCallback(generations=2, split_at="second")
    for _ in range(2):
        history = model.fit(x, y, epochs=4, verbose=0, callbacks=[callback])
        assert history.history["ascent"] == [0, 0, 1, 0]
        assert "train_step" not in vars(model)
        assert "fit" not in vars(model)
    history = model.fit(x, y, epochs=1, verbose=0)
    assert "ascent" not in history.history
    assert int(model.optimizer.iterations) == 2 * 4 * 2 + 2


def test_fit_after_an_interrupted_fit_equals_plain_keras():
    x, y = nets.data()
    model = nets.compiled(nets.functional(), "sgd")

    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(
            x,
            y,
            epochs=2,
            verbose=0,
            callbacks=[
                SEALCallback(
                    generations=2, first_generation=1, ascent_scale=9.0
                ),
                Interrupt(),
            ],
        )
    other = nets.compiled(nets.functional(), "sgd")
    other.set_weights(model.get_weights())
    for m in (model, other):
        history = m.fit(x, y, epochs=2, shuffle=False, verbose=0)
        assert "ascent" not in history.history
    assert not {"train_step", "fit"} & vars(model).keys()
    assert not {"apply", "update_step"} & vars(model.optimizer).keys()
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_run_state_contains_added_parts_and_restores_them():
    class Part:
        value = 0

        def get_state(self):
            return {"value": self.value}

        def set_state(self, state):
            self.value = state["value"]

    x, y = nets.data()
    part, states = Part(), []
    seal = SEALCallback(generations=2, split_at="second")
    seal.add_state_part("mine", part)

    class Save(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            part.value = epoch + 1
            states.append(seal.run_state(epoch + 1))

    model = nets.compiled(nets.functional())
    model.fit(x, y, epochs=2, verbose=0, callbacks=[seal, Save()])
    assert set(states[0].parts) == {
        *("plan", "model", "optimizer", "metrics", "progress", "mine"),
    }
    seal.initial_state = states[0]
    part.value = 7
    # Fit begins at the epoch of the state.
    history = model.fit(x, y, epochs=2, verbose=0, callbacks=[seal])
    assert part.value == 1
    assert history.epoch == [1]
    # A later fit does not.
    history = model.fit(x, y, epochs=2, verbose=0, callbacks=[seal])
    assert seal.initial_state is None and history.epoch == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "epochs", "message"),
    [
        ({"generations": 1}, 2, "one generation"),
        ({"generations": 1, "first_generation": 1}, 1, "ends in an ascent"),
    ],
)
def test_fit_with_a_plan_that_is_probably_wrong_warns(
    arguments, epochs, message
):
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    with pytest.warns(PlanWarning, match=message):
        model.fit(
            x,
            y,
            epochs=epochs,
            verbose=0,
            callbacks=[SEALCallback(**arguments)],
        )


def test_fit_with_unwritable_snapshot_dir_raises_before_training(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    before = model.get_weights()
    callback = SnapshotCallback(cycles=2, snapshot_dir=file / "folder")
    with pytest.raises(ValueError, match="`snapshot_dir` .*Not a directory"):
        model.fit(x, y, epochs=2, verbose=0, callbacks=[callback])
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_fit_with_snapshots_of_model_without_config_raises(tmp_path):
    class NoConfig(nets.Subclassed):
        def __init__(self, width):
            super().__init__()
            self.width = width

        def get_config(self):
            raise NotImplementedError("no config")

    x, y = nets.data()
    model = NoConfig(object())
    model(x)
    nets.compiled(model)
    callback = SnapshotCallback(cycles=2, snapshot_dir=tmp_path)
    with pytest.raises(ValueError, match="Define `get_config` of NoConfig"):
        model.fit(x, y, epochs=2, verbose=0, callbacks=[callback])

"""Every Keras optimizer under a plan."""

import keras
import numpy as np
import pytest

from seal_tf import LayerRatesCallback, SEALCallback
from seal_tf.optimizers import SGD
from seal_tf.schedules import SEAL
from seal_tf.training.optimizer_patch import (
    UNSUPPORTED,
    OptimizerPatch,
    check_can_reset,
    check_optimizer,
)
from seal_tf.training.plan_builder import build_plan
from seal_tf.training.step_control import StepControl
from seal_tf.utils.patching import AttributePatcher
from tests.training import nets

ALL = sorted(
    name
    for name in dir(keras.optimizers)
    if isinstance(getattr(keras.optimizers, name), type)
    and issubclass(getattr(keras.optimizers, name), keras.optimizers.Optimizer)
    and name not in ("Optimizer", "LossScaleOptimizer", "OptimizerMap")
)
ACCEPTED = [name for name in ALL if name not in UNSUPPORTED]


def _step(optimizer, **settings):
    """Return the update of one step, and the weights before it, by path."""
    keras.utils.set_random_seed(3)
    x, y = nets.data()
    model = nets.compiled(nets.functional(), optimizer)
    start = {v.path: v.numpy() for v in model.trainable_variables}
    callback = SEALCallback(
        epochs_per_generation=1, split_at="second", **settings
    )
    model.fit(
        x, y, 48, epochs=1, shuffle=False, verbose=0, callbacks=[callback]
    )
    return {
        v.path: v.numpy() - start[v.path] for v in model.trainable_variables
    }, start


ASCENT = {"first_generation": 1, "ascent_epochs": 1, "ascent_scale": 0.25}


#: The quick suite runs these.
QUICK = ("Adam", "AdamW", "SGD", "Lion")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=[pytest.mark.slow] * (n not in QUICK))
        for n in ACCEPTED
    ],
)
def test_ascent_step_of_any_optimizer_is_minus_s_times_its_descent(name):
    make = getattr(keras.optimizers, name)
    down, _ = _step(make(weight_decay=0.0))
    up, _ = _step(make(weight_decay=0.0), **ASCENT)
    for path, update in down.items():
        early = path.startswith(("first", "norm"))
        assert np.abs(update).max() > 0, path
        np.testing.assert_allclose(
            up[path],
            (-0.25 if early else 1) * update,
            rtol=2e-3,
            atol=2e-6,
            err_msg=path,
        )


@pytest.mark.parametrize("name", ["AdamW", "SGD", "Muon", "Lamb"])
def test_decoupled_decay_of_ascending_layers_is_zero(name):
    make = getattr(keras.optimizers, name)
    rate, decay = 0.01, 0.5
    plain, start = _step(make(rate, weight_decay=0.0), **ASCENT)
    up, _ = _step(make(rate, weight_decay=decay), **ASCENT)
    for path, update in up.items():
        early = path.startswith(("first", "norm"))
        if early:
            np.testing.assert_allclose(update, plain[path], atol=1e-7)
        elif "kernel" in path:
            # Some optimizers compute the update from the decayed weight.
            decayed = -rate * decay * start[path]
            error = np.abs(update - plain[path] - decayed).max()
            assert error < 0.05 * np.abs(decayed).max(), path


def test_unsupported_optimizers_are_the_only_ones_missing():
    assert {"SGD", "Adam", "AdamW", "Nadam", "Lion", "Muon"} <= set(ACCEPTED)
    assert set(UNSUPPORTED) <= set(ALL)


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_check_optimizer_with_unsupported_class_names_it(name):
    if name == "MultiOptimizer":
        optimizer = keras.optimizers.MultiOptimizer(
            keras.optimizers.OptimizerMap(keras.optimizers.Adam())
        )
    else:
        optimizer = getattr(keras.optimizers, name)()
    with pytest.raises(ValueError, match=f"{name} is not supported"):
        _step(optimizer)


class _SlotRecorder(keras.callbacks.Callback):
    """Record the slots at the start of each epoch."""

    def __init__(self):
        super().__init__()
        self.slots = []

    def on_epoch_begin(self, epoch, logs=None):
        inner = self.model.optimizer
        inner = getattr(inner, "inner_optimizer", inner)
        self.slots.append({v.path: v.numpy() for v in inner.variables})


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.Nadam(0.01),
        lambda: keras.optimizers.Adagrad(0.01),
        lambda: keras.optimizers.RMSprop(0.01, momentum=0.9, centered=True),
        lambda: SGD(0.01, 0.9),
    ],
)
def test_reset_sets_slots_to_their_initial_values(optimizer):
    x, y = nets.data()
    model = nets.compiled(nets.functional(), optimizer())
    twin = optimizer()
    twin.build(model.trainable_variables)
    built = [
        v.numpy()
        for v in twin.variables
        if v is not twin.iterations and v is not twin.learning_rate
    ]
    recorder = _SlotRecorder()
    model.fit(
        x,
        y,
        16,
        epochs=8,
        verbose=0,
        callbacks=[SEALCallback(generations=2, ascent_epochs=2), recorder],
    )

    def slots(epoch):
        return [
            value
            for path, value in recorder.slots[epoch].items()
            # On JAX the optimizer carries the variables of the plan.
            if not path.endswith(("iteration", "learning_rate"))
            and not path.startswith(("iterations_since", "seal_control"))
        ]

    for epoch in (4, 6):
        for slot, initial in zip(slots(epoch), built, strict=True):
            np.testing.assert_array_equal(slot, initial)
    for epoch in (3, 5, 7):
        assert any(
            (a != b).any() for a, b in zip(slots(epoch), built, strict=True)
        )


def test_reset_restarts_adam_but_not_the_schedule_of_its_rate():
    x, y = nets.data(48)
    schedule = keras.optimizers.schedules.PolynomialDecay(0.1, 24, 0.0)
    model = nets.compiled(nets.functional(), keras.optimizers.Adam(schedule))
    recorder = _SlotRecorder()
    history = model.fit(
        x,
        y,
        16,
        epochs=8,
        verbose=0,
        callbacks=[SEALCallback(generations=2, ascent_scale=0.5), recorder],
    ).history
    # The rate of the last step of an epoch, the third.
    expected = [float(schedule(3 * e + 2)) for e in range(8)]
    np.testing.assert_allclose(history["later_rate"], expected, rtol=1e-5)
    assert history["early_rate"][4] == pytest.approx(-0.5 * expected[4])
    assert int(model.optimizer.iterations) == 24
    # Saved files have the true count.
    counts = [
        value
        for slots in recorder.slots
        for path, value in slots.items()
        if path.endswith("iteration")
    ]
    assert counts == [0, 3, 6, 9, 12, 15, 18, 21]


def test_reset_makes_the_next_adam_step_a_first_step():
    """The first step of Adam, and no other, has the size of the rate."""
    x, y = nets.data(48)
    model = nets.compiled(nets.functional(), keras.optimizers.Adam(1e-3))
    sizes = []

    class StepSize(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.before = self.model.get_layer("third").kernel.numpy()

        def on_train_batch_end(self, batch, logs=None):
            after = self.model.get_layer("third").kernel.numpy()
            sizes.append(np.median(np.abs(after - self.before)))

    model.fit(
        x,
        y,
        16,
        epochs=8,
        verbose=0,
        callbacks=[SEALCallback(generations=2, ascent_epochs=2), StepSize()],
    )
    for step in (0, 12, 18):
        assert sizes[step] == pytest.approx(1e-3, rel=0.02)


def test_reset_optimizer_false_keeps_the_slots():
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    recorder = _SlotRecorder()
    callback = SEALCallback(generations=2, reset_optimizer=False)
    model.fit(x, y, 16, epochs=4, verbose=0, callbacks=[callback, recorder])
    for slots in recorder.slots[1:]:
        momenta = [v for p, v in slots.items() if p.endswith("momentum")]
        assert all(np.abs(m).max() > 0 for m in momenta if m.size > 3)


@pytest.mark.slow
def test_two_fits_count_from_the_last_reset_like_one():
    """Two fits of one model, in two parts, equal one fit."""
    x, y = nets.data(48)

    def run(parts):
        keras.utils.set_random_seed(3)
        model = nets.compiled(nets.functional(), keras.optimizers.Adam(0.01))
        for start, stop in parts:
            model.fit(
                x,
                y,
                16,
                epochs=8,
                initial_epoch=start,
                shuffle=False,
                verbose=0,
                callbacks=[
                    SEALCallback(generations=2, ascent_epochs=2),
                    _StopAfter(stop),
                ],
            )
        return model.get_weights()

    whole = run([(0, 8)])
    for cut in (2, 4, 5, 6, 7):
        for a, b in zip(whole, run([(0, cut), (cut, 8)]), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


class _StopAfter(keras.callbacks.Callback):
    def __init__(self, epochs):
        super().__init__()
        self._epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self._epochs:
            self.model.stop_training = True


class _Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule without `get_config`, as in tutorials."""

    def __call__(self, step):
        return 0.01


def _rate():
    return 0.01


@pytest.mark.parametrize(
    "rate",
    [_Schedule(), _rate, lambda: 0.01],
    ids=["schedule", "function", "lambda"],
)
def test_rate_that_cannot_be_serialized_is_supported(rate):
    x, y = nets.data()
    model = nets.compiled(nets.functional(), keras.optimizers.Adam(rate))
    seal = SEALCallback(generations=2, split_at="second", ascent_scale=0.5)
    history = model.fit(x, y, epochs=4, verbose=0, callbacks=[seal]).history
    np.testing.assert_allclose(history["later_rate"], 0.01, rtol=1e-5)
    assert history["early_rate"][2] == pytest.approx(-0.005)


def test_adafactor_scales_the_step_after_its_cap():
    """Adafactor caps its rate at 1/sqrt(t) before the scale applies."""
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


def test_adafactor_with_accumulation_counts_updates_not_micro_steps():
    x, y = nets.data()
    weights = []
    for callbacks in ([], [LayerRatesCallback(factors={"first": 1.0})]):
        keras.utils.set_random_seed(3)
        optimizer = keras.optimizers.Adafactor(
            1.0, gradient_accumulation_steps=4
        )
        model = nets.compiled(nets.functional(), optimizer)
        model.fit(
            x, y, 4, epochs=2, shuffle=False, verbose=0, callbacks=callbacks
        )
        weights.append(model.get_weights())
    for a, b in zip(*weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_iterations_seen_by_other_callbacks_are_the_true_count():
    x, y = nets.data(48)
    counts = []

    class Counter(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            counts.append(int(self.model.optimizer.iterations))

    model = nets.compiled(nets.functional())
    seal = SEALCallback(generations=2)
    model.fit(x, y, 16, epochs=6, verbose=0, callbacks=[seal, Counter()])
    assert counts == [3, 6, 9, 12, 15, 18]


def test_check_optimizer_with_two_schedules_raises():
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    with pytest.raises(ValueError, match="two schedules.*CosineDecay"):
        check_optimizer(keras.optimizers.SGD(schedule), owns_rate=True)
    check_optimizer(keras.optimizers.SGD(schedule), owns_rate=False)
    with pytest.raises(ValueError, match="Compile the model"):
        check_optimizer(None, owns_rate=False)


def test_check_can_reset_with_incomplete_config_raises():
    class Custom(keras.optimizers.SGD):
        def __init__(self, size):
            super().__init__(0.1)

    with pytest.raises(ValueError, match="Custom .*`reset_optimizer=False`"):
        check_can_reset(Custom(3))
    check_can_reset(keras.optimizers.Adam())


def _patch(optimizer):
    model = nets.compiled(nets.functional(), optimizer)
    control = StepControl(
        build_plan(SEAL(generations=2, split_at=0.5), model, 4)
    )
    patcher = AttributePatcher()
    patch = OptimizerPatch(model.optimizer, control, patcher)
    patch.ensure_built(model.trainable_variables)
    return model, patch, patcher


def test_set_state_of_get_state_restores_slots_and_counts():
    model, patch, patcher = _patch(keras.optimizers.Adam(0.5))
    patch.set_steps_since_reset(7)
    state = patch.get_state()
    for variable in model.optimizer.variables:
        variable.assign(variable + 1)
    patch.set_steps_since_reset(0)
    patch.set_state(state)
    assert patch.steps_since_reset == 7
    assert patch.last_rate() == 0.5
    assert int(model.optimizer.iterations) == 0
    patcher.restore()
    names = {"apply", "update_step", "_apply_weight_decay"}
    assert not names & vars(model.optimizer).keys()


def test_layer_without_decay_trains_beside_rates_by_layer():
    """No weight of the normalization decays."""
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta"])
    model = nets.compiled(nets.Subclassed(), optimizer)
    x, y = nets.data()
    model(x)
    callback = LayerRatesCallback(decay=0.5)
    history = model.fit(x, y, 48, epochs=2, verbose=0, callbacks=[callback])
    assert np.isfinite(history.history["loss"]).all()

"""Every Keras optimizer under the plan; what we take that is not public."""

import keras
import numpy as np
import pytest

from seal_tf import SEALCallback
from seal_tf.optimizers import SGD
from seal_tf.training.optimizer_patch import UNSUPPORTED
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
    """What one step moves, by variable path."""
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


#: Those that `make test` takes.
QUICK = ("Adam", "AdamW", "SGD", "Lion")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=[pytest.mark.slow] * (n not in QUICK))
        for n in ACCEPTED
    ],
)
def test_ascent_is_s_times_the_descent_step(name):
    make = getattr(keras.optimizers, name)
    down, _ = _step(make(weight_decay=0.0))
    up, _ = _step(make(weight_decay=0.0), **ASCENT)
    for path, moved in down.items():
        early = path.startswith(("first", "norm"))
        assert np.abs(moved).max() > 0, path
        np.testing.assert_allclose(
            up[path],
            (-0.25 if early else 1) * moved,
            rtol=2e-3,
            atol=2e-6,
            err_msg=path,
        )


@pytest.mark.parametrize("name", ["AdamW", "SGD", "Muon", "Lamb"])
def test_decoupled_decay_is_none_for_what_ascends(name):
    make = getattr(keras.optimizers, name)
    rate, decay = 0.01, 0.5
    bare, start = _step(make(rate, weight_decay=0.0), **ASCENT)
    up, _ = _step(make(rate, weight_decay=decay), **ASCENT)
    for path, moved in up.items():
        early = path.startswith(("first", "norm"))
        if early:
            np.testing.assert_allclose(moved, bare[path], atol=1e-7)
        elif "kernel" in path:
            # Not exact for optimizers that look at the decayed weight.
            shrunk = -rate * decay * start[path]
            off = np.abs(moved - bare[path] - shrunk).max()
            assert off < 0.05 * np.abs(shrunk).max(), path


def test_accepted_ones_are_all_there():
    assert {"SGD", "Adam", "AdamW", "Nadam", "Lion", "Muon"} <= set(ACCEPTED)
    assert set(UNSUPPORTED) <= set(ALL)


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_refused_by_name(name):
    if name == "MultiOptimizer":
        optimizer = keras.optimizers.MultiOptimizer(
            keras.optimizers.OptimizerMap(keras.optimizers.Adam())
        )
    else:
        optimizer = getattr(keras.optimizers, name)()
    with pytest.raises(ValueError, match=f"{name} cannot ascend"):
        _step(optimizer)


class _Spy(keras.callbacks.Callback):
    """Slots as each epoch's first step finds them."""

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
def test_reset_puts_slots_back_to_what_they_were_when_built(optimizer):
    x, y = nets.data()
    model = nets.compiled(nets.functional(), optimizer())
    twin = optimizer()
    twin.build(model.trainable_variables)
    built = [
        v.numpy()
        for v in twin.variables
        if v is not twin.iterations and v is not twin.learning_rate
    ]
    spy = _Spy()
    model.fit(
        x,
        y,
        16,
        epochs=8,
        verbose=0,
        callbacks=[SEALCallback(generations=2, ascent_epochs=2), spy],
    )

    def slots(epoch):
        return [
            value
            for path, value in spy.slots[epoch].items()
            if not path.endswith(("iteration", "learning_rate"))
        ]

    for epoch in (4, 6):
        for got, want in zip(slots(epoch), built, strict=True):
            np.testing.assert_array_equal(got, want)
    for epoch in (3, 5, 7):
        assert any(
            (a != b).any() for a, b in zip(slots(epoch), built, strict=True)
        )


def test_reset_makes_adam_new_but_not_the_schedule():
    """Bias correction begins anew; the user's schedule goes on."""
    x, y = nets.data(48)
    schedule = keras.optimizers.schedules.PolynomialDecay(0.1, 24, 0.0)
    model = nets.compiled(nets.functional(), keras.optimizers.Adam(schedule))
    spy = _Spy()
    history = model.fit(
        x,
        y,
        16,
        epochs=8,
        verbose=0,
        callbacks=[SEALCallback(generations=2, ascent_scale=0.5), spy],
    ).history
    # The rate of an epoch's last step, the third.
    expected = [float(schedule(3 * e + 2)) for e in range(8)]
    np.testing.assert_allclose(history["later_rate"], expected, rtol=1e-5)
    assert history["early_rate"][4] == pytest.approx(-0.5 * expected[4])
    assert int(model.optimizer.iterations) == 24
    # The true count is what files keep.
    counts = [
        value
        for slots in spy.slots
        for path, value in slots.items()
        if path.endswith("iteration")
    ]
    assert counts == [0, 3, 6, 9, 12, 15, 18, 21]


def test_first_adam_step_after_a_reset_is_a_first_step():
    """|step| is the rate at Adam's very first step, and only there."""
    x, y = nets.data(48)
    model = nets.compiled(nets.functional(), keras.optimizers.Adam(1e-3))
    moved = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.before = self.model.get_layer("third").kernel.numpy()

        def on_train_batch_end(self, batch, logs=None):
            after = self.model.get_layer("third").kernel.numpy()
            moved.append(np.median(np.abs(after - self.before)))

    model.fit(
        x,
        y,
        16,
        epochs=8,
        verbose=0,
        callbacks=[SEALCallback(generations=2, ascent_epochs=2), Watch()],
    )
    for step in (0, 12, 18):
        assert moved[step] == pytest.approx(1e-3, rel=0.02)


def test_reset_can_be_switched_off():
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    spy = _Spy()
    callback = SEALCallback(generations=2, reset_optimizer=False)
    model.fit(x, y, 16, epochs=4, verbose=0, callbacks=[callback, spy])
    for slots in spy.slots[1:]:
        momenta = [v for p, v in slots.items() if p.endswith("momentum")]
        assert all(np.abs(m).max() > 0 for m in momenta if m.size > 3)


@pytest.mark.slow
def test_resumed_run_counts_from_its_last_reset():
    """Two halves of a run, weights and slots kept, equal the whole."""
    x, y = nets.data(48)

    def run(cuts):
        keras.utils.set_random_seed(3)
        model = nets.compiled(nets.functional(), keras.optimizers.Adam(0.01))
        for start, stop in cuts:
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

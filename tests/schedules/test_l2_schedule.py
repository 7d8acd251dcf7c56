"""A schedule of the L2 over a generation."""

import keras
import numpy as np
import pytest

from seal_tf import GenerationCallback, L2ScheduleCallback
from seal_tf.optimizers import SGD
from seal_tf.schedules import SEAL, SWA, L2Schedule, Normal
from tests.schedules.plans import two_group_plan


def _factors(schedule):
    return [e.l2[0].tolist() for e in two_group_plan(schedule)]


def test_linear_factor_goes_from_start_to_end_in_every_generation():
    schedule = Normal(generations=2) + L2Schedule(start=0.5, end=2.0)
    expected = [0.5 + 1.5 * e / 3 for e in range(4)] * 2
    np.testing.assert_allclose(
        _factors(schedule), np.repeat(expected, 2).reshape(8, 2), rtol=1e-6
    )
    one = Normal(generations=8) + L2Schedule(start=0.5, end=2.0)
    assert _factors(one) == [[0.5, 0.5]] * 8


def test_constant_factor_is_start():
    schedule = Normal(generations=2) + L2Schedule(shape="constant", start=3)
    assert _factors(schedule) == [[3.0, 3.0]] * 8


def test_rate_factor_is_the_fraction_of_the_learning_rate():
    method = Normal(generations=2, learning_rate=0.2, warmup_epochs=1)
    plan = two_group_plan(method + L2Schedule(shape="rate", start=2))
    for epoch in plan:
        np.testing.assert_allclose(
            epoch.l2[0], 2 * epoch.base_rate[0] / 0.2, rtol=1e-6
        )


def test_rate_factor_does_not_depend_on_the_order_of_the_parts():
    decay = L2Schedule(shape="rate")
    average = SWA(generations=2, learning_rate=0.2, min_rate=0.1)
    first, second = (
        two_group_plan(schedule)
        for schedule in (decay + average, average + decay)
    )
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a.l2, b.l2)
        np.testing.assert_allclose(a.l2[0], a.base_rate[0] / 0.2, rtol=1e-6)


def test_rate_factor_without_a_rate_of_the_method_raises():
    schedule = Normal(generations=1) + L2Schedule(shape="rate")
    with pytest.raises(ValueError, match="pass `learning_rate`"):
        two_group_plan(schedule).epoch(0)


def test_ascending_layers_stay_without_l2():
    schedule = SEAL(generations=2, ascent_epochs=2) + L2Schedule(end=2)
    assert [e.l2[0, 0] for e in two_group_plan(schedule)][4:6] == [0, 0]


@pytest.mark.parametrize(
    "settings,message",
    [
        ({"shape": "cosine"}, "`shape` .*shape='cosine'"),
        ({"start": -1}, "`start` .*start=-1"),
        ({"end": float("inf")}, "`end` .*end=inf"),
    ],
)
def test_setting_out_of_range_raises(settings, message):
    with pytest.raises(ValueError, match=message):
        L2Schedule(**settings)


def _model(optimizer):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(optimizer, "mse")
    return model


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_weights_without_gradient_decay_by_the_schedule(kind):
    """Inputs of 0 give the kernel no gradient."""
    rate, decay, momentum = 0.1, 0.2, 0.9
    if kind == "sgd":
        model = _model(SGD(rate, momentum, l2=decay))
    else:
        model = _model(keras.optimizers.AdamW(rate, weight_decay=decay))
    w = model.layers[0].kernel.numpy().astype("float64")
    x, y = np.zeros((6, 3)), np.zeros((6, 2))
    model.fit(
        *(x, y, 2),
        epochs=4,
        verbose=0,
        callbacks=[L2ScheduleCallback(start=0.5, end=2.0)],
    )
    v = 0.0
    for factor in np.repeat([0.5, 1.0, 1.5, 2.0], 3):
        if kind == "sgd":
            v = momentum * v + decay * factor * w
            w = w - rate * v
        else:
            w = w - rate * decay * factor * w
    np.testing.assert_allclose(model.layers[0].kernel, w, rtol=1e-5)


def test_optimizer_without_decay_raises_before_training():
    x, y = np.ones((6, 3)), np.ones((6, 2))
    callback = GenerationCallback(Normal(generations=1) + L2Schedule())
    with pytest.raises(ValueError, match="requires an optimizer with L2.*Adam"):
        _model("adam").fit(x, y, verbose=0, callbacks=[callback])

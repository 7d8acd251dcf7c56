import keras
import numpy as np
import pytest

from seal_tf import AnnealedAscentCallback, SEALCallback
from seal_tf.schedules import SEAL, AnnealedAscent, Normal, Plan, Run
from seal_tf.training.accumulation import check_accumulation
from tests.training import nets


def _plan(schedule, epochs, steps):
    return Plan(schedule, Run(epochs, ("early", "later"), (True, False), steps))


def test_check_accumulation_plain_descent_accepts_any_window():
    plan = _plan(Normal(generations=1), 4, None)
    check_accumulation(plan, 4, 3)


def test_check_accumulation_windows_that_end_with_phases_are_accepted():
    check_accumulation(_plan(SEAL(generations=2), 8, 6), 3, 0)


@pytest.mark.parametrize("reset", [True, False])
def test_check_accumulation_window_across_phases_is_refused(reset):
    """Five steps per epoch: the update of two steps spans two epochs."""
    plan = _plan(SEAL(generations=2, reset_optimizer=reset), 6, 5)
    with pytest.raises(ValueError, match="span the start of epoch 4"):
        check_accumulation(plan, 2, 0)


def test_check_accumulation_pending_steps_of_an_earlier_fit_count():
    plan = _plan(SEAL(generations=1, first_generation=1), 4, 6)
    with pytest.raises(ValueError, match="span the start of epoch 1"):
        check_accumulation(plan, 3, 1)


def test_check_accumulation_schedule_within_epoch_requires_multiple():
    plan = _plan(AnnealedAscent(generations=1), 2, 5)
    with pytest.raises(ValueError, match="must be a multiple"):
        check_accumulation(plan, 2, 0)


def _displacement(scale, seed):
    """One update of four micro-steps, under annealed ascent."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3)])
    model.compile(
        keras.optimizers.SGD(0.1, gradient_accumulation_steps=4),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    before = model.get_weights()[0]
    callback = AnnealedAscentCallback(
        p0=0.5, q=1e-9, ascent_scale=scale, seed=seed
    )
    x, y = nets.data(32)
    model.fit(
        x,
        y,
        batch_size=8,
        shuffle=False,
        verbose=0,
        callbacks=[callback],
    )
    ascends = callback.plan.epoch(0).sign[0, 0] < 0
    return ascends, model.get_weights()[0] - before


def test_update_of_several_steps_has_the_sign_and_scale_of_the_first():
    seen = set()
    for seed in range(6):
        ascends, small = _displacement(1e-3, seed)
        _, full = _displacement(1.0, seed)
        seen.add(bool(ascends))
        expected = 1e-3 * full if ascends else full
        np.testing.assert_allclose(small, expected, rtol=1e-3, atol=1e-7)
    assert seen == {True, False}


def test_fit_with_window_across_phases_raises_before_a_weight_moves():
    model = nets.compiled(
        nets.functional(),
        keras.optimizers.SGD(0.1, gradient_accumulation_steps=3),
    )
    before = model.get_weights()
    with pytest.raises(ValueError, match="gradient_accumulation_steps=3"):
        model.fit(
            *nets.data(),
            epochs=8,
            batch_size=12,
            verbose=0,
            callbacks=[SEALCallback(generations=2)],
        )
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)

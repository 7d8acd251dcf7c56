"""The base class of methods with generations."""

import pytest

from seal_tf.schedules import Normal, ResetOptimizer, ShrinkPerturb
from tests.schedules.plans import two_group_plan


def test_generational_with_bad_first_generation_raises():
    with pytest.raises(ValueError, match="`first_generation` .*=2"):
        Normal(generations=2, first_generation=2)


@pytest.mark.parametrize("seed", [-1, 0.5, None])
def test_generational_with_bad_seed_raises(seed):
    with pytest.raises(ValueError, match=f"`seed` must be .*seed={seed}"):
        ShrinkPerturb(generations=2, seed=seed)


def test_generational_resets_at_every_generation_but_the_first():
    plan = two_group_plan(Normal(generations=4))
    resets = [e.epoch for e in plan if ResetOptimizer() in e.before]
    assert resets == [2, 4, 6]
    plan = two_group_plan(Normal(generations=4, first_generation=1))
    assert ResetOptimizer() in plan.epoch(0).before


def test_generational_without_reset_has_no_events():
    plan = two_group_plan(Normal(generations=4, reset_optimizer=False))
    assert not any(e.before for e in plan)


def test_generational_with_zero_warmup_starts_at_the_base_rate():
    schedule = Normal(generations=2, learning_rate=0.5, warmup_epochs=0)
    assert two_group_plan(schedule).epoch(4).base_rate.tolist() == [0.5]


def test_generational_with_decay_epochs_decays_at_each_end():
    schedule = Normal(
        generations=2, learning_rate=0.5, warmup_epochs=0, decay_epochs=2
    )
    rates = [float(e.base_rate[0]) for e in two_group_plan(schedule)]
    assert rates == [0.5, 0.5, 0.5, 0.25] * 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"learning_rate": 0.0}, "`learning_rate` .*=0.0"),
        ({"warmup_epochs": 1}, "`warmup_epochs` requires `learning_rate`"),
        ({"learning_rate": 0.1, "decay_epochs": 5}, "`decay_epochs` .*=5"),
    ],
)
def test_check_with_bad_rate_raises(settings, message):
    with pytest.raises(ValueError, match=message):
        Normal(generations=2, **settings).check(8)

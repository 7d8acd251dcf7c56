"""Annealed ascent: the probability and the form of an ascending step."""

import dataclasses
import math

import numpy as np
import pytest

from seal_tf.schedules import AnnealedAscent
from seal_tf.schedules.annealed_ascent import uniform
from tests.schedules.plans import make_plan


def _ascending(plan):
    """Whether each step of the run ascends."""
    return np.concatenate([e.sign[:, 0] < 0 for e in plan])


def _schedule(**settings):
    defaults = {
        "generations": 1,
        "p0": 0.7,
        "q": 2.0,
        "ascent_scale": 0.3,
        "seed": 5,
        "learning_rate": 0.1,
    }
    return AnnealedAscent(**(defaults | settings))


def test_annealed_ascent_frequency_of_ascent_follows_the_formula():
    epochs, steps, p0, q = 9, 400, 0.7, 2.0
    ascending = _ascending(make_plan(_schedule(), epochs, steps))
    count = epochs * steps
    probability = p0 * (1 - np.arange(count) / count) ** q
    for third in np.array_split(np.arange(count), 3):
        expected, n = probability[third].mean(), len(third)
        assert ascending[third].mean() == pytest.approx(
            expected, abs=4 * math.sqrt(expected * (1 - expected) / n)
        )


def test_annealed_ascent_step_is_minus_s_times_ordinary_without_decay():
    for e in make_plan(_schedule(), 9, 400):
        ascends = e.sign[:, :1] < 0
        assert (e.sign == np.where(ascends, -1, 1)).all()
        np.testing.assert_allclose(
            e.scale, np.where(ascends, 0.3, 1) * np.ones(5), rtol=1e-6
        )
        assert (e.l2 == np.where(ascends, 0, 1)).all()


def test_annealed_ascent_draws_do_not_depend_on_the_division_into_epochs():
    epochs, steps = 9, 400
    ascending = _ascending(make_plan(_schedule(), epochs, steps))
    divided = _ascending(make_plan(_schedule(), 2 * epochs, steps // 2))
    np.testing.assert_array_equal(ascending, divided)


def test_annealed_ascent_with_another_seed_draws_other_steps():
    schedule = _schedule()
    other = dataclasses.replace(schedule, seed=6)
    a, b = (_ascending(make_plan(s, 9, 400)) for s in (schedule, other))
    assert (a != b).any()


def test_uniform_from_any_start_is_the_same_stream():
    whole = uniform(3, 0, 40)
    for start in range(10):
        np.testing.assert_array_equal(uniform(3, start, 9), whole[start:][:9])
    assert abs(uniform(4, 0, 10_000).mean() - 0.5) < 0.02


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"p0": 2.0}, "`p0` .*p0=2.0"), ({"q": -1.0}, "`q` .*q=-1.0")],
)
def test_annealed_ascent_with_bad_setting_names_the_argument(settings, message):
    with pytest.raises(ValueError, match=message):
        AnnealedAscent(generations=1, **settings)


def test_annealed_ascent_with_searched_scale_raises():
    with pytest.raises(ValueError, match="only SEAL accepts 'auto'"):
        AnnealedAscent(generations=1, ascent_scale="auto")

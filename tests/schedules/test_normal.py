"""Normal training: one long cosine, or restarts."""

import pytest

from seal_tf.schedules import Normal, Plan, Run
from tests.reference import rate_of


def _rates(plan):
    return [float(e.base_rate[0]) for e in plan]


def test_normal_with_one_generation_is_one_long_cosine():
    plan = Plan(Normal(generations=1, learning_rate=0.1), Run(16))
    expected = [rate_of(e, 16, 0.1, 2) for e in range(16)]
    assert _rates(plan) == pytest.approx(expected)
    assert plan.epochs_since_reset(12) is None


def test_normal_with_generations_restarts_the_cosine():
    plan = Plan(Normal(generations=2, learning_rate=0.1), Run(16))
    expected = [rate_of(e % 8, 8, 0.1, 1) for e in range(16)]
    assert _rates(plan) == pytest.approx(expected)
    assert not any(e.ascends for e in plan)
    assert plan.epochs_since_reset(12) == 4

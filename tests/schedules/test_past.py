"""What a plan may follow, and ascents made smaller."""

import numpy as np
import pytest

from seal_tf.schedules import (
    LLF,
    SEAL,
    AnnealedAscent,
    Normal,
    Plan,
    Run,
    resume_compatibility,
)
from seal_tf.schedules.ascent_backoff import AscentBackoff


def _plan(schedule, epochs):
    return Plan(schedule, Run(epochs, ("early", "later"), (True, False), 4))


def test_what_a_past_is():
    old = _plan(SEAL(generations=2), 8)
    longer = _plan(SEAL(generations=3), 12)
    resume_compatibility.check_compatible(
        resume_compatibility.plan_record(old), longer, 8
    )
    # An S that was never used yet may be another.
    other = _plan(SEAL(generations=2, ascent_scale=0.1), 8)
    resume_compatibility.check_compatible(
        resume_compatibility.plan_record(old), other, 4
    )
    with pytest.raises(ValueError, match="ascent_scale=0.01 there, 0.1"):
        resume_compatibility.check_compatible(
            resume_compatibility.plan_record(old), other, 5
        )
    with pytest.raises(ValueError, match="seal there, normal here"):
        resume_compatibility.check_compatible(
            resume_compatibility.plan_record(old),
            _plan(Normal(generations=2), 8),
            1,
        )
    long = _plan(Normal(generations=1, learning_rate=0.1), 8)
    longer = _plan(Normal(generations=1, learning_rate=0.1), 12)
    with pytest.raises(ValueError, match="no beginning of this run: epochs=8"):
        resume_compatibility.check_compatible(
            resume_compatibility.plan_record(long), longer, 3
        )


def test_functions_and_numbers_of_numpy_can_be_recorded():
    """JSON has neither; a function cannot be compared."""
    import json

    split = {"split_at": lambda layer: True}
    one = _plan(SEAL(generations=2, ascent_scale=np.float64(0.1), **split), 8)
    two = _plan(SEAL(generations=2, ascent_scale=0.1, **split), 8)
    resume_compatibility.check_compatible(
        json.loads(json.dumps(resume_compatibility.plan_record(one))), two, 8
    )


def test_half_of_s_in_one_phase():
    plan = _plan(LLF(generations=2) + SEAL(generations=2, ascent_epochs=2), 8)
    assert plan.backoff_before(3) is None
    for wrong in (4, 5, 7):
        assert plan.backoff_before(wrong) == AscentBackoff(4, 6, 0.5)
    backoffs = Plan(
        plan.schedule,
        plan.run,
        backoffs=(AscentBackoff(4, 6), AscentBackoff(4, 6)),
    )
    for e in range(8):
        before, after = plan.epoch(e), backoffs.epoch(e)
        share = 0.25 if e in (4, 5) else 1
        ascends = before.sign < 0
        np.testing.assert_allclose(
            after.scale, np.where(ascends, share, 1) * before.scale
        )
        np.testing.assert_array_equal(after.sign, before.sign)
    assert plan.milestones() == {0, 4, 8}
    always = _plan(AnnealedAscent(generations=2, p0=1.0), 8)
    assert always.backoff_before(5) == AscentBackoff(4, 8, 0.5)

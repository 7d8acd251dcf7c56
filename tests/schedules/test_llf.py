"""LLF's events, epoch by epoch."""

import pytest

from seal_tf.schedules import LLF, SEAL, Reinitialize, ResetOptimizer
from tests.schedules.plans import make_plan


def test_llf_reinitializes_later_layers_in_every_generation_but_the_first():
    plan = make_plan(
        LLF(generations=3, split_at="x", seed=7, learning_rate=0.1), 12
    )
    for e in plan:
        later = (False, False, True, True, True)
        event = Reinitialize(e.generation, later, "reference", 7)
        expected = (ResetOptimizer(), event) if e.epoch in (4, 8) else ()
        assert e.before == expected
        assert (e.sign == 1).all()
        assert (e.scale == 1).all()
    assert plan.epoch(4).base_rate[0] == pytest.approx(0.1)


def test_llf_composed_with_seal_reinitializes_at_the_start_of_the_ascent():
    schedule = LLF(generations=2, split_at="x", seed=1) + SEAL(
        generations=2, split_at="x", learning_rate=0.1
    )
    plan = make_plan(schedule, 8)
    e = plan.epoch(4)
    assert e.phase == "ascent"
    assert [type(x) for x in e.before] == [ResetOptimizer, Reinitialize]
    assert plan.epoch(5).before == (ResetOptimizer(),)
    assert schedule.name == "llf+seal"


def test_llf_with_unknown_distribution_names_the_argument():
    with pytest.raises(ValueError, match="`reinit` .*reinit='he'"):
        LLF(generations=2, reinit="he")

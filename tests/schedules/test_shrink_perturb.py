"""The events of shrink and perturb, epoch by epoch."""

import pytest

from seal_tf.schedules import (
    LLF,
    Reinitialize,
    ResetOptimizer,
    ShrinkAndPerturb,
    ShrinkPerturb,
)
from tests.schedules.plans import make_plan


def test_shrink_perturb_changes_weights_in_every_generation_but_the_first():
    schedule = ShrinkPerturb(
        generations=3, shrink=0.6, perturb=0.2, seed=7, learning_rate=0.1
    )
    for e in make_plan(schedule, 12):
        event = ShrinkAndPerturb(e.generation, (True,) * 5, 0.6, 0.2, 7)
        expected = (ResetOptimizer(), event) if e.epoch in (4, 8) else ()
        assert e.before == expected
        assert (e.sign == 1).all()
        assert (e.scale == 1).all()


def test_shrink_perturb_of_later_layers_selects_their_groups():
    schedule = ShrinkPerturb(generations=2, layers="later", split_at="x")
    event = make_plan(schedule, 4).epoch(2).before[-1]
    assert event.groups == (False, False, True, True, True)
    assert str(event) == (
        "weights of 3 group(s) set to 0.4 times themselves plus 0.1 times a "
        "fresh draw"
    )


def test_shrink_perturb_of_a_trained_network_starts_with_the_first_epoch():
    schedule = ShrinkPerturb(generations=2, first_generation=1)
    plan = make_plan(schedule, 4)
    assert [e.before[-1].generation for e in plan if e.before] == [1, 2]


def test_shrink_perturb_with_llf_shrinks_before_it_reinitializes():
    schedule = LLF(generations=2, split_at="x") + ShrinkPerturb(
        generations=2, split_at="x"
    )
    events = make_plan(schedule, 4).epoch(2).before
    assert [type(e) for e in events] == [
        ResetOptimizer,
        ShrinkAndPerturb,
        Reinitialize,
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shrink": 1.5}, "`shrink` must be between 0 and 1.*shrink=1.5"),
        ({"shrink": -0.1}, "`shrink` must be between 0 and 1"),
        ({"perturb": -1.0}, "`perturb` must be finite and at least 0"),
        ({"perturb": float("inf")}, "`perturb` must be finite"),
        ({"layers": "early"}, "`layers` must be one of all, later"),
        ({"layers": "later"}, "requires `split_at`"),
    ],
)
def test_shrink_perturb_with_bad_setting_names_it(settings, message):
    with pytest.raises(ValueError, match=message):
        ShrinkPerturb(generations=2, **settings)

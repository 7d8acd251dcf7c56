"""The base class of methods, and compositions."""

import pytest

from seal_tf.schedules import (
    LLF,
    SAM,
    SEAL,
    Composed,
    FreezeOut,
    L2Schedule,
    LayerRates,
    Run,
    Snapshots,
)
from seal_tf.schedules.schedule import Schedule


def test_add_flattens_and_orders_parts():
    schedule = Snapshots() + SEAL(generations=2, split_at="x")
    schedule += LLF(generations=2, split_at="x")
    assert isinstance(schedule, Composed)
    assert schedule.name == "llf+seal+snapshots"
    assert [part.name for part in schedule.parts] == [
        "llf",
        "seal",
        "snapshots",
    ]
    assert schedule.split_at == "x"


def test_composed_properties_are_those_of_the_part_that_has_them():
    schedule = SEAL(generations=2, ascent_scale="auto") + FreezeOut()
    assert schedule.searches_scale
    assert schedule.needs_steps
    assert schedule.grouping == "blocks"
    assert schedule.ascends == "phases"
    assert not schedule.owns_rate
    assert schedule.label() == "seal, searched S, retain = 0.5 + freezeout"


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (
            SEAL(generations=2, split_at="x") + Snapshots(cycles=4),
            "generation of seal. Set `cycles` to 2 or None.*cycles=4",
        ),
        (
            LLF(generations=4, split_at="x")
            + SEAL(generations=2, split_at="x"),
            "llf and seal .* generations. Received: 4 and 2",
        ),
        (
            SEAL(generations=2, split_at="x", reset_optimizer=False)
            + LLF(generations=2, split_at="x"),
            "llf and seal .* same `reset_optimizer`. Received: True and False",
        ),
        (
            SEAL(generations=2, split_at="x", first_generation=1)
            + LLF(generations=2, split_at="x"),
            "llf and seal .* same `first_generation`. Received: 0 and 1",
        ),
    ],
)
def test_check_with_other_generations_raises(schedule, message):
    with pytest.raises(ValueError, match=message):
        schedule.check(8)


@pytest.mark.parametrize(
    "modifier", [SAM(), L2Schedule(), LayerRates()], ids=lambda m: m.name
)
def test_a_modifier_does_not_change_the_generations(modifier):
    schedule = Snapshots(cycles=4, learning_rate=0.1) + modifier
    schedule.check(8)
    assert schedule.generation_layout(8).count == 4


def test_apply_of_the_base_class_names_the_missing_method():
    class Incomplete(Schedule):
        pass

    with pytest.raises(NotImplementedError, match=r"Incomplete .*apply\(plan"):
        Incomplete().epoch(0, Run(8))

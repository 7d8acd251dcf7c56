"""LLF's events, epoch by epoch."""

import pytest

from seal_tf.schedules import (
    LLF,
    SEAL,
    FreezeOut,
    Plan,
    Reinitialize,
    ResetOptimizer,
    Run,
)
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


def _groups(**settings):
    """Return the selected groups at the start of each generation."""
    plan = make_plan(LLF(**settings), 12)
    events = [e.before[-1] for e in plan if e.before]
    return ["".join(str(int(g)) for g in event.groups) for event in events]


def test_llf_layers_select_the_groups_of_each_method():
    assert _groups(generations=3, layers="classifier") == ["00001"] * 2
    assert _groups(generations=3, layers="filters") == ["11111"] * 2
    assert _groups(generations=3, layers="all") == ["11111"] * 2
    # floor(5 g / 4) blocks stay: 1, 2, 3.
    assert _groups(generations=4, layers="blocks") == [
        "01111",
        "00111",
        "00011",
    ]
    # More generations than blocks: at least one block stays.
    assert _groups(generations=12, layers="blocks") == [
        *["01111"] * 4,
        *["00111"] * 3,
        *["00011"] * 2,
        *["00001"] * 2,
    ]


def test_llf_blocks_of_a_trained_network_count_its_generation():
    assert _groups(generations=3, layers="blocks", first_generation=1) == [
        "01111",
        "00111",
        "00011",
    ]


def test_llf_event_keeps_channels_and_norms_where_the_method_does():
    def event(**settings):
        return make_plan(LLF(generations=2, **settings), 4).epoch(2).before[-1]

    assert event(layers="filters").kept_fraction == 0.5
    assert event(layers="filters", kept_fraction=0.8).kept_fraction == 0.8
    assert event(layers="blocks").rescale
    assert not event(layers="blocks", rescale=False).rescale
    plain = event(layers="all")
    assert (plain.kept_fraction, plain.rescale) == (0, False)
    assert str(event(layers="blocks")) == (
        "kernels of 3 group(s) reinitialized; the others get the norm of "
        "their initial values"
    )
    assert str(event(layers="filters")) == (
        "kernels of 5 group(s) reinitialized, but not their first 50% of "
        "channels"
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layers": "early"}, "`layers` must be one of later, classifier"),
        ({"kept_fraction": 0.5}, "`kept_fraction` requires `layers='filters'`"),
        (
            {"layers": "filters", "kept_fraction": 1.0},
            "`kept_fraction` must be between 0 and 1",
        ),
    ],
)
def test_llf_with_bad_setting_names_it(settings, message):
    with pytest.raises(ValueError, match=message):
        LLF(generations=2, **settings)


def test_llf_of_later_layers_without_split_raises():
    """Without early layers it would reinitialize the whole network."""
    with pytest.raises(ValueError, match="`layers='later'` requires `split_at"):
        list(Plan(LLF(generations=2), Run(4)))


def test_llf_with_another_grouping_than_freezeout_is_refused():
    with pytest.raises(ValueError, match="must group layers in the same way"):
        LLF(generations=2, layers="classifier") + FreezeOut()

"""Who teaches whom, epoch by epoch."""

import pytest

from seal_tf.schedules import (
    LLF,
    SEAL,
    Distill,
    Distillation,
    Reinitialize,
    ResetOptimizer,
    Snapshots,
    UpdateTeacher,
)
from tests.schedules.plans import make_plan


def test_distill_has_a_teacher_from_the_second_generation_on():
    schedule = Distill(generations=3, alpha=0.3, temperature=2.0)
    for e in make_plan(schedule, 9):
        expected = Distillation(0.3, 2.0, 1) if e.generation else None
        assert e.distill == expected
        starts = e.generation and not e.epoch_in_generation
        assert (UpdateTeacher(False) in e.before) == bool(starts)


def test_distill_from_the_ensemble_counts_all_earlier_generations():
    plan = make_plan(Distill(generations=3, teacher="ensemble"), 6)
    counts = [e.distill.teachers if e.distill else 0 for e in plan]
    assert counts == [0, 0, 1, 1, 2, 2]
    assert UpdateTeacher(True) in plan.epoch(4).before


def test_distill_of_a_trained_network_has_it_as_first_teacher():
    schedule = Distill(generations=1, first_generation=1, teacher="ensemble")
    plan = make_plan(schedule, 2)
    assert UpdateTeacher(True) in plan.epoch(0).before
    assert [e.distill.teachers for e in plan] == [1, 1]


def test_distill_composed_copies_the_teacher_before_weights_change():
    schedule = (
        LLF(generations=2, split_at="x")
        + SEAL(generations=2, split_at="x")
        + Snapshots()
        + Distill(generations=2)
    )
    plan = make_plan(schedule, 8)
    assert [type(event) for event in plan.epoch(4).before] == [
        UpdateTeacher,
        ResetOptimizer,
        Reinitialize,
    ]
    assert plan.epoch(4).phase == "ascent"
    assert plan.epoch(4).distill == Distillation(0.5, 1.0, 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alpha": 0.0}, "`alpha` must be above 0 and at most 1"),
        ({"alpha": 1.5}, "`alpha` must be .*alpha=1.5"),
        ({"temperature": 0.0}, "`temperature` must be finite and above 0"),
        ({"teacher": "best"}, "`teacher` must be one of previous, ensemble"),
        ({"generations": 1}, "distill requires at least two generations"),
    ],
)
def test_distill_with_bad_setting_names_it(settings, message):
    with pytest.raises(ValueError, match=message):
        make_plan(Distill(**({"generations": 2} | settings)), 4)


def test_plan_describes_the_teacher():
    text = make_plan(Distill(generations=2, temperature=2.0), 4).describe()
    first, second = text.splitlines()[-2:]
    assert "distilled" not in first
    assert (
        "distilled from 1 network(s) with alpha 0.5 and temperature 2"
    ) in second
    assert "network becomes the teacher" in second

"""The work that freezing saves."""

import pytest

from seal_tf.schedules import SAM, Distill, FreezeOut, Normal, Plan, Run
from seal_tf.schedules.cost import (
    freezeout_estimates,
    frozen_saving,
    passes_per_step,
    retrace_epochs,
    teacher_passes,
)

COSTS = [1, 2, 3]
RUN = Run(1000, ("a", "b", "c"), (False,) * 3, 3)


def test_freezeout_estimates_equal_the_formulas():
    estimates = freezeout_estimates([0.25, 0.5, 1.0], COSTS)
    trained = 0.25 + 1 + 3
    assert estimates["ours"] == pytest.approx(1 - (6 + 2 * trained) / 18)
    assert estimates["official"] == pytest.approx(1 - (6 + trained) / 12)


def test_frozen_saving_of_a_long_run_approaches_the_formula():
    schedule = FreezeOut(t0=0.5)
    plan = Plan(schedule, RUN)
    expected = freezeout_estimates(schedule.times(3), COSTS)["ours"]
    assert frozen_saving(plan, COSTS) == pytest.approx(expected, abs=2e-3)
    assert len(retrace_epochs(plan)) == 2


def test_passes_per_step_counts_the_second_pass():
    assert passes_per_step(Plan(Normal(generations=1), RUN)) == 1
    assert passes_per_step(Plan(Normal(generations=1) + SAM(), RUN)) == 2


def test_frozen_saving_without_freezing_is_zero():
    plan = Plan(Normal(generations=1), RUN)
    assert frozen_saving(plan, COSTS) == 0
    assert retrace_epochs(plan) == []


def test_teacher_passes_is_the_mean_over_all_epochs():
    run = Run(6)
    assert teacher_passes(Plan(Normal(generations=3), run)) == 0
    assert teacher_passes(Plan(Distill(generations=3), run)) == 2 / 3
    ensemble = Distill(generations=3, teacher="ensemble")
    assert teacher_passes(Plan(ensemble, run)) == 1

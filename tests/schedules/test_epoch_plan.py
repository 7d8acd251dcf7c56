"""The plan of one epoch."""

import numpy as np
import pytest

from seal_tf.schedules import (
    SEAL,
    Reinitialize,
    ResetOptimizer,
    Run,
    SaveSnapshot,
)
from seal_tf.schedules.schedule import Schedule
from tests.schedules.plans import two_group_plan

RUN = Run(8, ("early", "later"), (True, False))


def test_rates_without_own_base_rate_requires_base():
    plan = two_group_plan(SEAL(generations=2, split_at="x")).epoch(4)
    np.testing.assert_allclose(plan.rates(0.5), [[-0.005, 0.5]])
    with pytest.raises(ValueError, match="`base` is required"):
        plan.rates()


def test_compose_with_multiplies_arrays_and_orders_events():
    plan = Schedule().base_plan(0, RUN)
    plan = plan.compose_with(scale=0.5, sign=np.array([[-1, 1]]), l2=[[0, 1]])
    plan = plan.compose_with(
        scale=[[0.5, 1]],
        sign=[[-1, -1]],
        before=(Reinitialize(1, (False, True), "reference", 0),),
        phase="ascent",
    )
    plan = plan.compose_with(before=(ResetOptimizer(), ResetOptimizer()))
    assert plan.scale.tolist() == [[0.25, 0.5]]
    assert plan.sign.tolist() == [[1, -1]]
    assert plan.l2.tolist() == [[0, 1]]
    assert (plan.scale.dtype, plan.sign.dtype) == (np.float32, np.int8)
    assert [type(e) for e in plan.before] == [ResetOptimizer, Reinitialize]
    assert plan.phase == "ascent"
    assert plan.ascends
    assert plan.compose_with(after=(SaveSnapshot(0),)).after


def test_title_counts_from_one():
    plan = two_group_plan(SEAL(generations=2, ascent_epochs=2)).epoch(5)
    assert plan.title() == "generation 2/2 · ascent 2/2"
    assert not plan.last_of_generation


def test_run_with_wrong_number_of_early_entries_raises():
    with pytest.raises(ValueError, match=r"`early`.*early=\(True,\)"):
        Run(8, ("a", "b"), (True,))


def test_require_steps_without_steps_names_the_argument():
    assert Run(8, steps=3).require_steps() == 3
    with pytest.raises(ValueError, match="`steps_per_epoch`"):
        RUN.require_steps()


def test_full_row_has_one_column_for_each_group():
    row = RUN.full_row(2, np.int8)
    assert row.tolist() == [[2, 2]]
    assert row.dtype == np.int8

"""Smaller ascents after a divergence."""

import numpy as np
import pytest

from seal_tf.schedules import LLF, SEAL
from seal_tf.schedules.ascent_backoff import AscentBackoff
from tests.schedules.plans import two_group_plan


def test_apply_twice_quarters_s_of_ascending_groups_only():
    schedule = LLF(generations=2) + SEAL(generations=2, ascent_epochs=2)
    plan = two_group_plan(schedule)
    reduced = two_group_plan(
        schedule, backoffs=(AscentBackoff(4, 6), AscentBackoff(4, 6))
    )
    for e in range(8):
        before, after = plan.epoch(e), reduced.epoch(e)
        factor = 0.25 if e in (4, 5) else 1
        ascends = before.sign < 0
        np.testing.assert_allclose(
            after.scale, np.where(ascends, factor, 1) * before.scale
        )
        np.testing.assert_array_equal(after.sign, before.sign)


def test_apply_with_searched_s_clips_updates_instead():
    """The search would raise a smaller S again."""
    reduced = two_group_plan(
        SEAL(generations=2, split_at=0.5, ascent_scale="auto"),
        backoffs=(AscentBackoff(4, 5), AscentBackoff(4, 5)),
    ).epoch(4)
    assert reduced.update_clip == 0.005
    assert reduced.scale.tolist() == [[1, 1]]


@pytest.mark.parametrize(
    ("scale", "quantity"), [("auto", "the update clip"), (0.01, "S")]
)
def test_describe_names_the_reduced_quantity_and_epochs(scale, quantity):
    schedule = SEAL(generations=2, split_at=0.5, ascent_scale=scale)
    plan = two_group_plan(schedule).epoch(4)
    text = AscentBackoff(4, 5).describe(plan, 0.25)
    assert text == f"{quantity} x 0.25 in epochs 5 to 5"

"""The plan of a whole run."""

import pytest

from seal_tf.schedules import (
    LLF,
    SEAL,
    AnnealedAscent,
    Normal,
    Reinitialize,
    SaveSnapshot,
)
from seal_tf.schedules.ascent_backoff import AscentBackoff
from tests.schedules.plans import two_group_plan


@pytest.mark.parametrize("epoch", [-1, 8])
def test_epoch_outside_the_run_raises(epoch):
    plan = two_group_plan(Normal(generations=1))
    assert len(plan) == len(list(plan)) == 8
    with pytest.raises(ValueError, match=f"between 0 and 7.*epoch={epoch}"):
        plan.epoch(epoch)


def test_milestones_are_the_starts_of_generations_and_the_end():
    plan = two_group_plan(
        LLF(generations=2) + SEAL(generations=2, ascent_epochs=2)
    )
    assert plan.milestones() == {0, 4, 8}
    assert plan.validated_epochs(3) == [3, 4, 6, 8]
    assert plan.validated_epochs(100) == [4, 8]


def test_epochs_since_reset_counts_from_the_latest_reset():
    plan = two_group_plan(SEAL(generations=2, ascent_epochs=2))
    assert [plan.epochs_since_reset(e) for e in range(8)] == [
        *[None] * 5,
        *(1, 2, 1),
    ]


def test_backoff_before_covers_the_last_ascent():
    plan = two_group_plan(
        LLF(generations=2) + SEAL(generations=2, ascent_epochs=2)
    )
    assert plan.backoff_before(3) is None
    for diverged in (4, 5, 7):
        assert plan.backoff_before(diverged) == AscentBackoff(4, 6, 0.5)


def test_backoff_before_of_annealed_ascent_covers_the_generation():
    plan = two_group_plan(AnnealedAscent(generations=2, p0=1.0))
    assert plan.backoff_before(5) == AscentBackoff(4, 8, 0.5)


def test_plan_events_are_those_of_all_epochs():
    plan = two_group_plan(LLF(generations=3, split_at="x"), 6)
    assert len(plan.events) == 3
    assert plan.has_event(Reinitialize)
    assert not plan.has_event(SaveSnapshot)

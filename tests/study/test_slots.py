"""Slots are read from the trials of an Optuna study."""

import optuna
import pytest
from optuna.trial import TrialState

from seal_tf.study.slots import (
    DEATHS,
    ERROR,
    FIRST,
    MAX_DEATHS,
    RETRY_OF,
    SECONDS,
    find_slot,
    read_slots,
)

WAITING, FAIL = TrialState.WAITING, TrialState.FAIL


def _study(*trials):
    """Return a study with trials of (state, user attributes)."""
    study = optuna.create_study(direction="maximize")
    for state, attributes in trials:
        value = 0.5 if state == TrialState.COMPLETE else None
        study.add_trial(
            optuna.create_trial(state=state, value=value, user_attrs=attributes)
        )
    return study


def test_retries_belong_to_the_slot_of_the_first_trial():
    study = _study(
        (FAIL, {SECONDS: 2.0}),
        (TrialState.COMPLETE, {SECONDS: 3.0}),
        (FAIL, {FIRST: 0, RETRY_OF: 0, DEATHS: 1, SECONDS: 5.0}),
        (WAITING, {}),
        (TrialState.COMPLETE, {FIRST: 0, RETRY_OF: 2, DEATHS: 2}),
    )
    slots = read_slots(study)
    assert [[t.number for t in s.trials] for s in slots] == [
        [0, 2, 4],
        [1],
        [3],
    ]
    assert [s.index for s in slots] == [0, 1, 2]
    assert [find_slot(study, n).index for n in range(5)] == [0, 1, 0, 2, 0]
    assert [s.score for s in slots] == [0.5, 0.5, None]
    assert [s.seconds for s in slots] == [7.0, 3.0, 0.0]
    assert [s.is_waiting for s in slots] == [False, False, True]
    assert [s.is_finished for s in slots] == [True, True, False]


def test_failed_trial_is_lost_unless_its_command_failed():
    lost, failed, given_up, pruned = read_slots(
        _study(
            (FAIL, {}),
            (FAIL, {ERROR: "no memory"}),
            (FAIL, {DEATHS: MAX_DEATHS - 1}),
            (TrialState.PRUNED, {}),
        )
    )
    assert lost.is_lost and not lost.is_finished and lost.error is None
    assert failed.is_finished and failed.error == "no memory"
    assert given_up.is_finished
    assert given_up.error == f"{MAX_DEATHS} workers have died in this run"
    assert pruned.is_finished and pruned.score is None and pruned.error is None


def test_duplicate_retry_is_the_later_one():
    retry = {FIRST: 0, RETRY_OF: 0}
    study = _study((FAIL, {}), (WAITING, retry), (WAITING, retry))
    (slot,) = read_slots(study)
    assert [trial.number for trial in slot.trials] == [0, 1]
    assert find_slot(study, 1) == slot
    assert find_slot(study, 2) is None


@pytest.mark.parametrize("state", [WAITING, FAIL])
def test_score_needs_a_complete_trial(state):
    assert read_slots(_study((state, {})))[0].score is None

"""Trials without an owner fail and are tried again, on every storage."""

import pytest
from optuna.trial import TrialState

from seal_tf.study import heartbeats
from seal_tf.study.retries import retry, retry_dead_trials, retry_stopped
from seal_tf.study.slots import ERROR, MAX_DEATHS, read_slots
from tests.study.owners import open_workers

KINDS = ["journal", "heartbeats"]

# Optuna wants `Study.optimize`, which sends heartbeats until the trial ends.
pytestmark = pytest.mark.filterwarnings("ignore:Heartbeat of storage")


@pytest.fixture(params=KINDS)
def workers(request, tmp_path, monkeypatch):
    """Two workers' storages. Unmarked trials count as dead at once."""
    monkeypatch.setattr(heartbeats, "GRACE", 0.0)
    return open_workers(request.param, tmp_path)


def _states(study):
    return [trial.state.name for trial in study.get_trials()]


def test_trial_with_an_owner_is_left_alone(workers):
    first, second = workers
    study, seen = first.open_study("a"), second.open_study("a")
    trial = study.ask()
    first.owners.begin(study, trial.number)
    retry_dead_trials(seen, second.owners, 5)
    assert _states(seen) == ["RUNNING"]
    study.tell(trial, 0.5)
    first.owners.end()
    retry_dead_trials(seen, second.owners, 5)
    assert _states(seen) == ["COMPLETE"]


def test_trial_killed_before_its_first_mark_is_tried_again(workers):
    first, second = workers
    study, seen = first.open_study("a"), second.open_study("a")
    trial = study.ask()
    trial.suggest_float("x", 0, 1)
    trial.report(0.25, 3)
    retry_dead_trials(seen, second.owners, 5)
    assert _states(seen) == ["FAIL", "WAITING"]
    (slot,) = read_slots(seen)
    assert slot.latest.params == trial.params
    assert slot.latest.intermediate_values == {3: 0.25}
    # The next look, by either worker, changes nothing.
    for worker, view in ((first, study), (second, seen)):
        retry_dead_trials(view, worker.owners, 5)
        assert _states(view) == ["FAIL", "WAITING"]


def test_trial_killed_between_failure_and_retry_is_tried_again(workers):
    first, second = workers
    study, seen = first.open_study("a"), second.open_study("a")
    study.tell(study.ask(), state=TrialState.FAIL)
    # One whose command has failed stays as it is.
    trial = study.ask()
    trial.set_user_attr(ERROR, "no memory")
    study.tell(trial, state=TrialState.FAIL)
    retry_dead_trials(seen, second.owners, 5)
    assert _states(seen) == ["FAIL", "FAIL", "WAITING"]
    assert [len(slot.trials) for slot in read_slots(seen)] == [2, 1]


def test_trial_of_a_slot_that_is_not_wanted_stays(workers):
    first, second = workers
    study, seen = first.open_study("a"), second.open_study("a")
    study.ask()
    study.tell(study.ask(), state=TrialState.FAIL)
    retry_dead_trials(seen, second.owners, 1)
    assert _states(seen) == ["FAIL", "FAIL", "WAITING"]
    # More seeds are wanted later.
    retry_dead_trials(seen, second.owners, 2)
    assert _states(seen) == ["FAIL", "FAIL", "WAITING", "WAITING"]


def test_trial_is_given_up_after_so_many_deaths(workers):
    first, second = workers
    study, seen = first.open_study("a"), second.open_study("a")
    for _ in range(MAX_DEATHS):
        study.ask()
        retry_dead_trials(seen, second.owners, 5)
    assert _states(seen) == MAX_DEATHS * ["FAIL"]
    assert "workers have died" in read_slots(seen)[0].error


def test_stopped_trial_does_not_count_as_a_death(workers):
    study = workers[0].open_study("a")
    for number in range(2 * MAX_DEATHS):
        trial = study.ask()
        assert trial.number == number
        study.tell(trial, state=TrialState.FAIL)
        retry_stopped(study, number)
    assert _states(study) == [*(2 * MAX_DEATHS * ["FAIL"]), "WAITING"]
    # A finished trial, or one with a successor, is not tried again.
    trial = study.ask()
    study.tell(trial, 0.5)
    for number in range(2 * MAX_DEATHS + 1):
        retry_stopped(study, number)
    assert len(study.get_trials()) == 2 * MAX_DEATHS + 1


def test_retry_has_no_attributes_of_the_earlier_trial(workers):
    study = workers[0].open_study("a")
    trial = study.ask()
    trial.set_user_attr("seconds", 5.0)
    study.tell(trial, state=TrialState.FAIL)
    retry(study, study.get_trials()[0])
    assert study.get_trials()[1].user_attrs == {
        "first": 0,
        "retry_of": 0,
        "deaths": 1,
    }

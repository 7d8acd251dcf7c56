"""Heartbeats tell which worker is dead, where the storage is a server."""

import optuna
import pytest

from seal_tf.study import heartbeats
from seal_tf.study.retries import retry_dead_trials
from tests.study.owners import age_heartbeats, open_workers

# Optuna wants `Study.optimize`, which sends heartbeats until the trial ends.
pytestmark = pytest.mark.filterwarnings("ignore:Heartbeat of storage")


def _states(study):
    return [trial.state.name for trial in study.get_trials()]


def test_unmarked_trial_is_dead_after_the_grace_that_a_worker_has_seen(
    tmp_path, monkeypatch
):
    clock = [100.0]
    monkeypatch.setattr(heartbeats.time, "monotonic", lambda: clock[0])
    first, second, third = open_workers("heartbeats", tmp_path, 3)
    study = first.open_study("a")
    study.ask()
    clock[0] = 500.0  # The clocks of other machines do not matter.
    retry_dead_trials(second.open_study("a"), second.owners, 5)
    clock[0] += heartbeats.GRACE - 1
    for worker in (second, third):
        retry_dead_trials(worker.open_study("a"), worker.owners, 5)
        assert _states(study) == ["RUNNING"]
    clock[0] += 1
    retry_dead_trials(third.open_study("a"), third.owners, 5)
    assert _states(study) == ["RUNNING"]
    retry_dead_trials(second.open_study("a"), second.owners, 5)
    assert _states(study) == ["FAIL", "WAITING"]


def test_marked_trial_without_heartbeats_is_dead(tmp_path, monkeypatch):
    monkeypatch.setattr(heartbeats, "GRACE", 0.0)
    first, second = open_workers("heartbeats", tmp_path)
    study = first.open_study("a")
    trial = study.ask()
    first.owners.begin(study, trial.number)
    seen = second.open_study("a")
    retry_dead_trials(seen, second.owners, 5)
    assert _states(study) == ["RUNNING"]
    age_heartbeats(first)
    retry_dead_trials(seen, second.owners, 5)
    assert _states(study) == ["FAIL", "WAITING"]


def test_owner_of_a_failed_trial_is_told_at_its_first_mark(tmp_path):
    first, second = open_workers("heartbeats", tmp_path)
    study = first.open_study("a")
    trial = study.ask()
    second.open_study("a").tell(0, state=optuna.trial.TrialState.FAIL)
    with pytest.raises(optuna.exceptions.UpdateFinishedTrialError):
        first.owners.begin(study, trial.number)

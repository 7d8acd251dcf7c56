"""Workers of a study that are killed, on every storage."""

import os
import random
import signal
import time

import pytest

from seal_tf.study.storage import open_storage
from tests.study.workers import (
    RUNS,
    SmallStudy,
    assert_complete,
    child_of,
    finish,
    is_alive,
    kill,
    wait_for,
)


def _running_child(study, worker):
    """Return the training of a worker once it has started, or None."""
    child = child_of(worker)
    return child if child in [p for _, p in study.events("start")] else None


def test_killed_worker_loses_its_trial_only(storage, tmp_path):
    study = SmallStudy(tmp_path, storage, seconds=0.4, name="killed")
    victim, *others = [study.start() for _ in range(3)]
    child = wait_for(lambda: _running_child(study, victim))
    assert child not in [pid for _, pid in study.events("end")]
    kill(victim)
    wait_for(lambda: not is_alive(child), timeout=5)

    for worker in others:
        code, output, errors = finish(worker)
        assert (code, errors) == (0, "")
        assert output.splitlines()[-1].startswith("study: file://")
    (slot,) = assert_complete(study, tried_twice=1)
    assert [t.state.name for t in slot.trials] == ["FAIL", "COMPLETE"]
    assert slot.trials[0].params == slot.trials[1].params
    folder = next(w for w, pid in study.events("start") if pid == child)
    # Where the killed training has not ended yet, the retry has a folder of
    # its own.
    again = {folder, folder.with_name(f"{folder.name}-2")}
    assert again & {workdir for workdir, _ in study.events("end")}


@pytest.mark.slow
def test_workers_killed_at_random_moments_lose_nothing(storage, tmp_path):
    study = SmallStudy(tmp_path, storage, seconds=0.8, name="random")
    moments = random.Random(7)
    workers = [study.start() for _ in range(3)]
    kills = 0
    for _ in range(8):
        time.sleep(moments.uniform(0.3, 2))
        victim = workers.pop(0)
        kills += victim.poll() is None
        kill(victim)
        workers.append(study.start())
    assert kills
    for worker in workers:
        code, _, errors = finish(worker)
        assert (code, errors) == (0, "")
    slots = [slot for s in study.slots().values() for slot in s]
    assert sum(slot.score is not None for slot in slots) == RUNS
    assert all(slot.error is None for slot in slots)
    scores, failures = study.page()
    assert [len(s) for s in scores.values()] == [2, 2] and not failures


@pytest.mark.slow
def test_paused_worker_taken_for_dead_counts_nothing_twice(server, tmp_path):
    study = SmallStudy(tmp_path, server, seconds=0.3, name="paused")
    paused = study.start()
    wait_for(lambda: _running_child(study, paused))
    os.kill(paused.pid, signal.SIGSTOP)
    try:
        code, _, errors = study.run()
        assert (code, errors) == (0, "")
    finally:
        os.kill(paused.pid, signal.SIGCONT)
    code, output, errors = finish(paused)
    assert (code, errors) == (0, "")
    assert "trial 1 of" not in output

    slots = study.slots()
    twice = [s for all_ in slots.values() for s in all_ if len(s.trials) > 1]
    assert [s.index for s in twice] == [0]
    assert [t.state.name for t in twice[0].trials] == ["FAIL", "COMPLETE"]
    # The paused worker's training has gone on in the first folder.
    assert twice[0].latest.user_attrs["folder"] == "trial1-2"
    scores, failures = study.page()
    assert [len(s) for s in scores.values()] == [2, 2] and not failures


def test_open_study_returns_the_same_object(storage, tmp_path):
    opened = open_storage(storage, tmp_path)
    study = opened.open_study("same/name")
    assert opened.open_study("same/name") is study
    study.add_trial(_trial(0.5))
    # Another worker.
    other = open_storage(storage, tmp_path).open_study("same/name")
    assert [t.value for t in other.get_trials()] == [0.5]


def _trial(value):
    import optuna

    return optuna.create_trial(value=value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("study.db", "must be the URL of a database"),
        ("postgresql://ann:secret@localhost:1/x", "localhost:1"),
        ("nothing://x", "nothing"),
    ],
)
def test_open_storage_says_what_is_wrong_in_one_line(url, message, tmp_path):
    with pytest.raises(ValueError, match="Argument `storage` must be") as error:
        open_storage(url, tmp_path)
    assert message in str(error.value)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_open_storage_without_driver_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(ValueError, match=r"seal_tf\[postgresql\]"):
        open_storage("postgresql://localhost/x", tmp_path)

"""Tuner runs the trials of all candidates."""

import dataclasses
import json

import pytest

from seal_tf.study import heartbeats, tuning
from seal_tf.study.budget import RunTime
from seal_tf.study.search_range import SearchRange
from seal_tf.study.slots import Slot, read_slots
from seal_tf.study.tuning import TunedCandidate
from tests.study import fakes
from tests.study.owners import age_heartbeats, open_workers


@pytest.fixture
def program(monkeypatch):
    monkeypatch.setattr(tuning, "POLL", 0.01)
    return fakes.FakeProgram(monkeypatch)


@pytest.fixture
def workers(tmp_path):
    return open_workers("journal", tmp_path)


LONG, OTHER, BROKEN = (
    fakes.candidate("long"),
    fakes.candidate("other"),
    fakes.candidate("bad", broken=True),
)


def test_tune_runs_the_baseline_first_then_the_others_in_turn(
    program, workers, tmp_path
):
    lines = []
    candidates = [LONG, OTHER, fakes.candidate("third")]
    tuner = fakes.tuner(workers[0], tmp_path, program, candidates, lines)
    tuner.tune()
    order = [(flags["kind"], run.name) for flags, _, run, _ in program.runs]
    assert order == [
        ("long", "trial1"),
        ("long", "trial2"),
        ("other", "trial1"),
        ("third", "trial1"),
        ("other", "trial2"),
        ("third", "trial2"),
    ]
    assert not any(final for *_, final in program.runs)
    assert lines[0] == (
        "the long, trial 1 of 2: 95.0% of the held-out images, best 95.0% "
        "(4 passes used)"
    )
    assert tuner.used() == 6 * fakes.EPOCHS
    # A finished trial keeps its small files only.
    folder = tmp_path / "tuning" / "long" / "trial1"
    assert sorted(path.name for path in folder.iterdir()) == [
        "metrics.jsonl",
        "result.json",
    ]
    # The first values of others are the best ones of the baseline.
    best = tuner.best(LONG)
    trials = {(t["candidate"], t["number"]): t for t in tuner.trials()}
    assert trials["other", 1]["values"] == best.values
    assert trials["long", 1]["values"] == {"x": 0.5, "rate": 0.1}
    assert len(trials) == 6


def test_tune_gives_up_a_candidate_whose_command_always_fails(
    program, workers, tmp_path
):
    lines = []
    tuner = fakes.tuner(
        workers[0], tmp_path, program, [LONG, BROKEN, OTHER], lines, trials=3
    )
    tuner.tune()
    assert tuner.best(BROKEN) is None
    log = tmp_path / "tuning" / "bad" / "trial2.log"
    assert tuner.failures() == {"bad": f"the script is broken ({log})"}
    assert [t["state"] for t in tuner.trials()] == [
        *(3 * ["complete"]),
        *(tuning.MAX_FAILURES * ["fail"]),
        *(3 * ["complete"]),
    ]
    assert any(
        line.startswith("the bad, trial 2 of 3: failed: the script is broken")
        for line in lines
    )


def test_tune_stops_if_every_trial_of_the_baseline_fails(
    program, workers, tmp_path
):
    tuner = fakes.tuner(workers[0], tmp_path, program, [BROKEN, OTHER])
    with pytest.raises(ValueError, match="no trial of the baseline"):
        tuner.tune()
    # No time is spent on the other candidates.
    assert {flags["kind"] for flags, *_ in program.runs} == {"bad"}


def test_tune_of_a_worker_that_starts_tries_failed_trials_again(
    program, workers, tmp_path
):
    first = fakes.tuner(workers[0], tmp_path, program, [LONG, BROKEN])
    first.tune()
    # The user has corrected the script.
    mended = dataclasses.replace(BROKEN, flags={"kind": "bad"})
    second = fakes.tuner(workers[1], tmp_path, program, [LONG, mended])
    second.tune()
    assert second.failures() == {}
    assert second.best(mended).trials == 2
    assert [run[0]["kind"] for run in program.runs] == [
        *("long", "long"),
        *("bad", "bad"),
        *("bad", "bad"),
    ]
    # The values of a trial do not change.
    slots = _slots(workers[1], "bad")
    assert all(a.params == b.params for a, b in (s.trials for s in slots))


def test_tune_does_not_stop_candidates_early_whose_score_comes_at_the_end(
    program, workers, tmp_path
):
    average = dataclasses.replace(OTHER, score="average.val_accuracy")
    tuner = fakes.tuner(workers[0], tmp_path, program, [LONG, average])
    pruners = {
        name: type(study.pruner).__name__
        for name, study in tuner._studies.items()
    }
    assert pruners == {"long": "PercentilePruner", "other": "NopPruner"}


def test_tune_stops_when_the_budget_is_used(program, workers, tmp_path):
    tuner = fakes.tuner(
        workers[0],
        tmp_path,
        program,
        [LONG, OTHER],
        trials=5,
        tuning=6 * fakes.EPOCHS,
    )
    tuner.tune()
    # Every candidate has a trial, whatever the others have used.
    counts = [len(_slots(workers[0], name)) for name in ("long", "other")]
    assert counts == [5, 1]


def test_slowness_is_that_of_the_trials_that_ran_to_their_end(
    program, workers, tmp_path, monkeypatch
):
    tuner = fakes.tuner(workers[0], tmp_path, program, [LONG], trials=3)
    in_seconds = RunTime(startup=0.0, epoch=1.0)
    assert tuner.slowness() == 1
    tuner.tune()
    assert tuner.slowness() == 1  # passes have no speed
    tuner._plan = dataclasses.replace(tuner._plan, time=in_seconds)
    seconds = iter((2.5 * fakes.EPOCHS, 9.0 * fakes.EPOCHS, fakes.EPOCHS))
    monkeypatch.setattr(Slot, "seconds", property(lambda _: next(seconds)))
    assert tuner.slowness() == 2.5


def _slots(storage, name):
    return read_slots(storage.open_study(f"study/tuning/{name}"))


def test_tune_waits_for_the_trial_of_another_worker(
    program, workers, tmp_path, monkeypatch
):
    other, waiting = workers
    study = other.open_study("study/tuning/long")
    trial = study.ask()
    other.owners.begin(study, trial.number)
    sleeps = []

    def finish(seconds):
        sleeps.append(seconds)
        assert len(program.runs) == 1
        study.tell(trial, 0.9)
        other.owners.end()

    monkeypatch.setattr(tuning.time, "sleep", finish)
    fakes.tuner(waiting, tmp_path, program, [LONG]).tune()
    assert sleeps == [tuning.POLL]
    assert [s.score for s in _slots(waiting, "long")] == [
        0.9,
        pytest.approx(0.95, abs=1),
    ]


def test_bad_trial_is_stopped_early(program, workers, tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "TRIALS_BEFORE_PRUNING", 1)
    monkeypatch.setattr(tuning, "KEPT_PERCENTAGE", 50.0)
    lines = []
    tuner = fakes.tuner(workers[0], tmp_path, program, [LONG], lines, trials=3)
    tuner.tune()
    states = [t["state"] for t in tuner.trials()]
    assert "pruned" in states and states[0] == "complete"
    stopped = states.index("pruned")
    assert "stopped early" in lines[stopped]
    # The page shows where it stopped; it is never the best one.
    trial = tuner.trials()[stopped]
    rows = (
        tmp_path / "tuning" / "long" / f"trial{stopped + 1}" / "metrics.jsonl"
    )
    last = json.loads(rows.read_text().splitlines()[-1])
    assert trial["score"] == last["val_accuracy"]
    assert tuner.best(LONG).trials == states.count("complete")
    # Also what a stopped trial has written is deleted.
    folder = tmp_path / "tuning" / "long" / f"trial{stopped + 1}"
    assert [path.name for path in folder.iterdir()] == ["metrics.jsonl"]


def test_pruning_starts_after_half_of_the_epochs_of_a_candidate(
    program, workers, tmp_path
):
    costly = dataclasses.replace(fakes.candidate("costly"), cost=2.0)
    tuner = fakes.tuner(workers[0], tmp_path, program, [LONG, costly])
    for name, epochs in (("long", fakes.EPOCHS), ("costly", fakes.EPOCHS // 2)):
        pruner = workers[0].open_study(f"study/tuning/{name}").pruner
        assert pruner._n_warmup_steps == epochs // 2, name
        # An epoch that few trials report stops none.
        assert pruner._n_min_trials == tuning.TRIALS_BEFORE_PRUNING
    tuner.tune()


def test_first_values_of_the_baseline_are_used_where_they_fit(
    program, workers, tmp_path
):
    search = {
        "x": SearchRange(choices=(0.7, 0.9)),
        "rate": SearchRange(low=0.5, high=1.0, first=0.6),
    }
    other = dataclasses.replace(OTHER, search=search)
    unit = SearchRange(low=0.01, high=1.0, first=0.2, unit="learning_rate")
    third = dataclasses.replace(
        fakes.candidate("third"), search={**LONG.search, "rate": unit}
    )
    tuner = fakes.tuner(
        workers[0], tmp_path, program, [LONG, other, third], trials=1
    )
    tuner.tune()
    values = {t["candidate"]: t["values"] for t in tuner.trials()}
    assert values["long"] == {"x": 0.5, "rate": 0.1}
    assert values["other"] == {"x": 0.7, "rate": 0.6}
    assert values["third"] == {"x": 0.5, "rate": 0.2}


def test_trial_that_no_worker_owns_is_given_up_at_last(
    program, tmp_path, monkeypatch
):
    monkeypatch.setattr(heartbeats, "GRACE", 0.0)
    (storage,) = open_workers("heartbeats", tmp_path, 1)

    def kill(run, epoch):
        if run[2].name == "trial2":
            raise fakes.Killed

    program.on_epoch = kill
    deaths = 0
    while True:
        tuner = fakes.tuner(storage, tmp_path, program, [LONG], trials=3)
        try:
            tuner.tune()
            break
        except fakes.Killed:
            deaths += 1
            age_heartbeats(storage)
    assert deaths == 4
    assert [t["state"] for t in tuner.trials()] == [
        "complete",
        "fail",
        "complete",
    ]
    assert tuner.trials()[1]["error"] == "4 workers have died in this run"


def test_candidate_without_settings_to_tune_has_one_trial(
    program, workers, tmp_path
):
    fixed = dataclasses.replace(OTHER, search={})
    tuner = fakes.tuner(workers[0], tmp_path, program, [LONG, fixed], trials=3)
    tuner.tune()
    counts = [len(_slots(workers[0], name)) for name in ("long", "other")]
    assert counts == [3, 1]


def test_tune_on_a_slow_machine_leaves_time_for_the_finals(
    program, workers, tmp_path, monkeypatch
):
    """Trials that take twice as long leave room for finals that do, too."""
    tuner = fakes.tuner(workers[0], tmp_path, program, [LONG, OTHER], trials=9)
    # Finals and a check take 44 s of 200 s, and now 88 s.
    tuner._plan = dataclasses.replace(
        tuner._plan,
        time=RunTime(startup=0.0, epoch=1.0),
        budget=200.0,
        tuning=160.0,
    )
    seconds = 2.0 * fakes.EPOCHS
    monkeypatch.setattr(Slot, "seconds", property(lambda _: seconds))
    tuner.tune()
    assert 112 <= tuner.used() < 112 + seconds


def test_baseline_values_are_those_of_others_that_it_has_not_tried(
    program, workers, tmp_path
):
    narrow = dataclasses.replace(
        OTHER, search={**OTHER.search, "rate": SearchRange(choices=(7.0,))}
    )
    tuner = fakes.tuner(workers[0], tmp_path, program, [LONG, narrow])
    tuner.tune()
    best = dict(tuner.best(LONG).values)
    found = tuner.baseline_values(
        [
            TunedCandidate("other", {"x": 0.31, "rate": 7.0}, 0.9, 2),
            TunedCandidate("other", {"x": best["x"], "rate": 7.0}, 0.9, 2),
            TunedCandidate("other", {"x": 0.31, "rate": 7.0}, 0.9, 2),
        ]
    )
    # A rate of 7 is not one that the baseline may have.
    assert found == [{**best, "x": 0.31}]

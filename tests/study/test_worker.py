"""A worker from its command to the page."""

import signal

import pytest

from seal_tf.study import worker
from tests.study.workers import (
    CANDIDATES,
    RUNS,
    SmallStudy,
    assert_complete,
    child_of,
    finish,
    is_alive,
    wait_for,
)


@pytest.fixture
def study(tmp_path):
    """A study in a journal, whose runs take no time."""
    return SmallStudy(tmp_path, str(tmp_path / "study.log"), seconds=0)


def _values(study):
    """Return the values and scores of all slots, by Optuna study."""
    return {
        name: [(slot.latest.params, slot.score) for slot in slots]
        for name, slots in study.slots().items()
    }


def test_same_command_resumes_and_more_seeds_add_runs_only(
    study, monkeypatch, capsys
):
    assert study.run_here(monkeypatch) == 0
    assert not assert_complete(study)
    assert capsys.readouterr().out.startswith(
        "budget: 20 passes of one worker\ncandidates: baseline, other\n"
    )

    assert study.run_here(monkeypatch) == 0
    assert capsys.readouterr().out.startswith(
        "resumed\nbudget: 20 passes of one worker\n"
    )
    assert len(study.events("start")) == RUNS

    assert study.run_here(monkeypatch, "--seeds=3") == 0
    assert len(study.events("start")) == RUNS + 2
    assert {w.name for w, _ in study.events("start")[RUNS:]} == {
        "long-seed3",
        "other-seed3",
    }
    scores, _ = study.page()
    assert [list(s) for s in scores.values()] == 2 * [["1", "2", "3"]]


@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)],
)
def test_stopped_worker_resumes_in_the_folder_of_its_trial(
    number, tmp_path, monkeypatch
):
    slow = SmallStudy(tmp_path, str(tmp_path / "study.log"), seconds=30)
    process = slow.start()
    (folder, child), *_ = wait_for(lambda: slow.events("start"))
    assert child == child_of(process)
    process.send_signal(number)
    code, _, errors = finish(process)
    assert code == 130
    assert errors.splitlines() == [
        "seal_tf: stopping; waiting for the training to end.",
        "seal_tf: stopped. Run the same command to resume.",
    ]
    # The training was asked to stop, so that it could save a checkpoint.
    assert slow.events("stopped") == [(folder, child)]
    assert not is_alive(child)
    (slot,) = slow.slots()["tuning/long"]
    assert [t.state.name for t in slot.trials] == ["FAIL", "WAITING"]

    # The same command resumes. Here the script takes less time.
    script = tmp_path / "train.py"
    script.write_text(script.read_text().replace("time.sleep(", "float("))
    assert slow.run_here(monkeypatch) == 0
    assert slow.events("start")[1][0] == folder
    (slot,) = assert_complete(slow, tried_twice=1)
    assert [t.state.name for t in slot.trials] == ["FAIL", "COMPLETE"]

    other = tmp_path / "other"
    other.mkdir()
    uninterrupted = SmallStudy(other, str(other / "study.log"), seconds=0)
    assert uninterrupted.run_here(monkeypatch) == 0
    assert _values(slow) == _values(uninterrupted)


def test_candidate_whose_command_fails_is_named_and_the_rest_go_on(
    study, monkeypatch, capsys
):
    study.candidates.write_text(
        study.candidates.read_text()
        + CANDIDATES.split("\n\n")[1].replace("other", "third")
    )
    study.break_candidate("other")
    assert study.run_here(monkeypatch, "--passes=31") == 0
    scores, failures = study.page()
    assert list(scores) == ["long", "third"] and len(scores["long"]) >= 2
    log = study.workdir / "tuning" / "other" / "trial2.log"
    assert failures == {"other": f"the script is broken ({log})"}
    assert "other, trial 1 of 2: failed: the script is" in (
        capsys.readouterr().out
    )


def test_others_that_all_fail_end_the_study_until_they_are_corrected(
    study, monkeypatch, capsys
):
    study.break_candidate("other")
    assert study.run_here(monkeypatch) == 2
    log = study.workdir / "tuning" / "other" / "trial2.log"
    assert capsys.readouterr().err == (
        "seal_tf: nothing can be compared with the baseline (baseline): other "
        f"failed: the script is broken ({log}). Correct the cause, and run the "
        "same command to try it again\n"
    )
    study.mend_script()
    assert study.run_here(monkeypatch) == 0
    scores, failures = study.page()
    assert list(scores) == ["long", "other"] and failures == {}


def test_failed_final_runs_are_named_and_tried_again(study, monkeypatch):
    study.break_candidate("other", "test")
    assert study.run_here(monkeypatch) == 0
    scores, failures = study.page()
    assert scores["other"] == {} and len(scores["long"]) >= 2
    assert failures["other"].startswith("the script is broken")

    study.mend_script()
    assert study.run_here(monkeypatch) == 0
    scores, failures = study.page()
    assert scores["other"].keys() == scores["long"].keys()
    assert failures == {}


def test_baseline_that_always_fails_ends_the_study_in_one_line(
    study, monkeypatch, capsys
):
    study.break_candidate("long")
    assert study.run_here(monkeypatch) == 2
    log = study.workdir / "tuning" / "long" / "trial2.log"
    assert capsys.readouterr().err == (
        "seal_tf: no trial of the baseline (baseline) has succeeded: the "
        f"script is broken ({log}). Correct the cause, and run the same "
        "command to try them again\n"
    )

    study.mend_script()
    assert study.run_here(monkeypatch) == 0
    scores, failures = study.page()
    assert len(scores["long"]) >= 2
    assert failures == {}


def test_first_run_that_fails_ends_the_study_in_one_line(
    study, monkeypatch, capsys
):
    study.break_candidate("long")
    study.flags = [f for f in study.flags if not f.startswith("--passes")]
    assert study.run_here(monkeypatch, "--hours=1") == 2
    assert capsys.readouterr().err == (
        "seal_tf: the first run failed: the script is broken\n"
    )
    assert not list(study.workdir.iterdir())


def test_other_settings_are_refused_in_one_line(study, monkeypatch, capsys):
    assert study.run_here(monkeypatch) == 0
    capsys.readouterr()
    for flag, message in {
        "--trials=3": "--trials=3",
        "--passes=40": "--passes=40",
        "--seed=5": "--seed=5",
    }.items():
        assert study.run_here(monkeypatch, flag) == 2
        error = capsys.readouterr().err
        assert "the storage has a study study with other settings" in error
        assert message in error.split("Received: ")[1]
        assert error.count("\n") == 1
    assert len(study.events("start")) == RUNS
    # Another name in the same storage is another study.
    assert study.run_here(monkeypatch, "--seed=4", "--study_name=b") == 0
    assert len(study.events("start")) == 2 * RUNS


@pytest.mark.slow
def test_workers_that_start_at_the_same_moment_agree_on_a_plan(
    storage, tmp_path
):
    study = SmallStudy(tmp_path, storage, seconds=0.2, name="agree")
    study.flags = [f for f in study.flags if not f.startswith("--passes")]
    workers = [study.start("--hours=0.1") for _ in range(3)]
    ends = [finish(process) for process in workers]
    assert [(code, errors) for code, _, errors in ends] == 3 * [(0, "")]
    scores = {len(s) for s in study.page()[0].values()}
    assert len(scores) == 1
    finalists = {
        line
        for _, output, _ in ends
        for line in output.splitlines()
        if line.startswith("finalists")
    }
    assert len(finalists) == 1
    assert not list(study.workdir.glob("measure-*"))


def test_storage_that_fails_ends_the_worker_in_one_line(
    study, monkeypatch, capsys
):
    from optuna.exceptions import StorageInternalError

    def fail(*args):
        error = StorageInternalError("An exception is raised\nby a commit.")
        raise error from OSError("the server has closed the connection\n")

    monkeypatch.setattr(worker, "agree", fail)
    assert study.run_here(monkeypatch) == 2
    assert capsys.readouterr().err == (
        "seal_tf: the storage of the study has failed: the server has closed "
        "the connection. Run the same command to resume\n"
    )


def test_late_worker_does_not_tune_what_is_chosen(study, monkeypatch):
    assert study.run_here(monkeypatch) == 0

    def fail(self):
        pytest.fail("the finalists are chosen")

    monkeypatch.setattr(worker.Tuner, "tune", fail)
    assert study.run_here(monkeypatch) == 0

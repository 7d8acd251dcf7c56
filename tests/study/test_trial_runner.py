"""TrialRunner trains, reports, and gives trials back."""

import json

import optuna
import pytest

from seal_tf.study import heartbeats, trial_runner
from seal_tf.study.file_lock import FileLock
from seal_tf.study.retries import (
    retry,
    retry_dead_trials,
    retry_failed_trials,
)
from seal_tf.study.slots import read_slots
from seal_tf.study.training_process import TrainingFailedError
from seal_tf.study.trial_runner import (
    SurplusTrialError,
    TrialRun,
    TrialRunner,
)
from tests.study import fakes
from tests.study.owners import age_heartbeats, open_workers

# Optuna wants `Study.optimize`, which sends heartbeats until the trial ends.
pytestmark = pytest.mark.filterwarnings("ignore:Heartbeat of storage")


class Worker:
    """A worker that runs trials of the study "a"."""

    def __init__(self, storage, folder, program, final=False):
        self.storage = storage
        self.study = storage.open_study("a")
        self.owners = storage.owners
        self.heartbeats = isinstance(storage.owners, heartbeats.Heartbeats)
        self._program = program
        self._runner = TrialRunner(program, storage)
        self._folder = folder
        self._final = final

    def run(self, has_work=lambda: True, wanted=5, **flags):
        def describe(trial, index):
            if index >= wanted:
                raise SurplusTrialError
            return TrialRun(
                candidate=fakes.candidate("any"),
                flags={
                    "generations": 1,
                    "epochs_per_generation": fakes.EPOCHS,
                    **flags,
                },
                seed=0,
                workdir=self._folder / f"run{index}",
                final=self._final,
            )

        return self._runner.run_next(self.study, has_work, describe)

    def states(self):
        return [trial.state.name for trial in self.study.get_trials()]


@pytest.fixture
def program(monkeypatch):
    return fakes.FakeProgram(monkeypatch)


@pytest.fixture(params=["journal", "heartbeats"])
def workers(request, tmp_path, program):
    return [
        Worker(storage, tmp_path, program)
        for storage in open_workers(request.param, tmp_path)
    ]


def test_run_next_stores_reports_and_the_score(workers, tmp_path):
    slot = workers[0].run(x=0.3, rate=0.2)
    assert (slot.index, slot.score, slot.error) == (0, 1.0, None)
    assert slot.latest.intermediate_values == pytest.approx(
        {0: 0.25, 1: 0.5, 2: 0.75, 3: 1.0}
    )
    attributes = slot.latest.user_attrs
    assert attributes["command"] == "train --seed=0"
    assert attributes["folder"] == "run0"
    assert attributes["seconds"] >= 0
    # The results of trials are not in the storage: others would read them.
    assert not {"result", "metrics"} & attributes.keys()
    assert not list(tmp_path.glob("run*.lock"))


def test_final_run_stores_result_and_metrics_and_is_not_pruned(
    tmp_path, program
):
    (storage,) = open_workers("journal", tmp_path, 1)
    slot = Worker(storage, tmp_path, program, final=True).run(x=0.3, rate=0.2)
    attributes = slot.latest.user_attrs
    assert attributes["result"] == {"accuracy": 1.0}
    assert len(json.loads(attributes["metrics"])) == fakes.EPOCHS
    assert not slot.latest.intermediate_values


def test_failed_command_is_an_error_of_the_slot(workers, tmp_path):
    slot = workers[0].run(broken=True)
    assert slot.error == f"the script is broken ({tmp_path / 'run0.log'})"
    assert slot.is_finished
    retry_dead_trials(workers[1].study, workers[1].owners, 5)
    assert workers[1].states() == ["FAIL"]


def test_result_of_a_failed_run_is_not_that_of_its_retry(
    workers, program, monkeypatch, tmp_path
):
    """A script may write results while it trains, and fail later."""
    train = trial_runner.run_training

    def fail(command, on_epoch):
        command.workdir.mkdir(exist_ok=True)
        (command.workdir / "result.json").write_text('{"accuracy": 0.1}')
        raise TrainingFailedError("out of memory")

    monkeypatch.setattr(trial_runner, "run_training", fail)
    worker = workers[0]
    assert worker.run().error.startswith("out of memory")
    retry_failed_trials(worker.study, worker.owners, 5)
    monkeypatch.setattr(trial_runner, "run_training", train)
    slot = worker.run(x=0.3, rate=0.2)
    assert (slot.score, slot.error) == (1.0, None)
    assert slot.latest.user_attrs["folder"] == "run0"


@pytest.mark.parametrize(
    "row",
    [
        {"epoch": "0", "val_accuracy": 0.4},
        {"epoch": 0, "val_accuracy": [0.4]},
        [0, 0.4],
    ],
)
def test_metrics_that_are_no_numbers_fail_the_trial(
    workers, program, monkeypatch, row
):
    def train(command, on_epoch):
        on_epoch({"epoch": 0})
        on_epoch(row)

    monkeypatch.setattr(trial_runner, "run_training", train)
    error = workers[0].run().error
    assert error.startswith("metrics.jsonl must have lines like {")
    assert json.dumps(row) in error


def test_result_that_was_half_written_is_written_anew(workers, program):
    def write_half(run, epoch):
        (run[2] / "result.json").write_text('{"accur')
        raise KeyboardInterrupt

    program.on_epoch = write_half
    with pytest.raises(KeyboardInterrupt):
        workers[0].run(x=0.3, rate=0.2)
    program.on_epoch = lambda run, epoch: None
    assert workers[1].run(x=0.3, rate=0.2).score == 1.0


def test_run_next_without_work_asks_for_no_trial(workers):
    assert workers[0].run(has_work=lambda: False) is None
    assert workers[0].states() == []


def test_trial_of_an_unwanted_slot_does_not_run(workers, program, monkeypatch):
    monkeypatch.setattr(heartbeats, "GRACE", 0)
    assert workers[0].run(wanted=0) is None
    assert workers[0].states() == ["FAIL"]
    assert not program.runs
    # A worker that wants more slots tries it again.
    other = workers[1]
    retry_dead_trials(other.study, other.owners, 1)
    assert other.run().index == 0
    assert other.states() == ["FAIL", "COMPLETE"]


def test_stopped_trial_waits_and_resumes_in_its_folder(workers, program):
    first, second = workers

    def stop(run, epoch):
        if epoch == 2:
            raise KeyboardInterrupt

    program.on_epoch = stop
    with pytest.raises(KeyboardInterrupt):
        first.run(x=0.3, rate=0.2)
    assert first.states() == ["FAIL", "WAITING"]
    program.on_epoch = lambda run, epoch: None
    slot = second.run(x=0.3, rate=0.2)
    assert second.states() == ["FAIL", "COMPLETE"]
    assert slot.index == 0
    assert [run[2].name for run in program.runs] == ["run0", "run0"]
    # The reports of the stopped trial are not repeated, and none is missing.
    assert list(slot.latest.intermediate_values) == [0, 1, 2, 3]


def test_report_without_a_decision_is_decided_after_the_resume(
    workers, program
):
    """The worker was killed between a report and the pruner's decision."""
    first, second = workers
    trial = first.study.ask()
    trial.report(0.1, 1)
    _fail(first.study, 0)
    retry(first.study, first.study.get_trials()[0])
    second.study.pruner = optuna.pruners.ThresholdPruner(lower=0.9)
    slot = second.run()
    assert slot.latest.state.name == "PRUNED"
    assert slot.latest.intermediate_values == {1: 0.1}


@pytest.mark.parametrize("last", [0, fakes.EPOCHS - 1])
def test_worker_taken_for_dead_stops_without_an_error(workers, program, last):
    """Another worker has failed the trial while this one was paused."""
    paused, other = workers

    def take_for_dead(run, epoch):
        if epoch == last and len(program.runs) == 1:
            _fail(other.study, 0)

    program.on_epoch = take_for_dead
    assert paused.run(x=0.3, rate=0.2) is None
    assert paused.states() == ["FAIL"]
    assert paused.study.get_trials()[0].value is None
    assert paused.run(x=0.3, rate=0.2).index == 1


def _fail(study, number):
    study.tell(number, state=optuna.trial.TrialState.FAIL)


def test_worker_taken_for_dead_before_its_result_stops_without_an_error(
    workers, program, monkeypatch
):
    paused, other = workers
    read_score = program.read_score

    def read_and_fail(candidate, result):
        _fail(other.study, 0)
        return read_score(candidate, result)

    monkeypatch.setattr(program, "read_score", read_and_fail)
    assert paused.run(x=0.3, rate=0.2) is None
    assert paused.states() == ["FAIL"]


def test_ctrl_c_of_a_worker_taken_for_dead_stops_it(workers, program):
    paused, other = workers

    def stop(run, epoch):
        _fail(other.study, 0)
        raise KeyboardInterrupt

    program.on_epoch = stop
    with pytest.raises(KeyboardInterrupt):
        paused.run()


def test_own_value_error_is_raised(workers):
    def describe(trial, index):
        raise ValueError("a flag is wrong")

    with pytest.raises(ValueError, match="a flag is wrong"):
        workers[0]._runner.run_next(workers[0].study, lambda: True, describe)


def test_folder_that_a_paused_worker_uses_is_left_to_it(workers, tmp_path):
    with FileLock(tmp_path / "run0.lock"):
        slot = workers[0].run(x=0.3, rate=0.2)
    assert slot.latest.user_attrs["folder"] == "run0-2"
    assert (tmp_path / "run0-2" / "result.json").exists()
    assert not (tmp_path / "run0").exists()


def test_finished_folder_is_not_trained_again(
    workers, program, tmp_path, monkeypatch
):
    """The worker was killed after the training and before the result."""
    monkeypatch.setattr(heartbeats, "GRACE", 0)

    def kill(candidate, result):
        raise fakes.Killed

    first, second = workers
    with monkeypatch.context() as patch, pytest.raises(fakes.Killed):
        patch.setattr(program, "read_score", kill)
        first.run(x=0.3, rate=0.2)
    if first.heartbeats:
        age_heartbeats(first.storage)
    retry_dead_trials(second.study, second.owners, 1)
    assert second.run().score == 1.0
    assert len(program.runs) == 1


def test_folder_of_another_study_is_left_alone(program, tmp_path):
    """The user has deleted the storage, or chosen another name."""
    for number, name in enumerate(("first", "second"), 1):
        (tmp_path / name).mkdir()
        (storage,) = open_workers("journal", tmp_path / name, 1)
        slot = Worker(storage, tmp_path, program).run(x=0.1 * number, rate=0.2)
        assert slot.score == pytest.approx(1 - (0.1 * number - 0.3) ** 2)
    assert [run[2].name for run in program.runs] == ["run0", "run0-2"]


def test_duplicate_retry_does_not_run(workers, program):
    """Two workers have found the same dead trial at the same time."""
    first, second = workers
    first.study.ask()
    _fail(first.study, 0)
    trial = first.study.get_trials()[0]
    retry(first.study, trial)
    retry(second.study, trial)
    assert first.run().score is not None
    assert second.run() is None
    assert len(program.runs) == 1
    (slot,) = read_slots(first.study)
    assert [t.number for t in slot.trials] == [0, 1]

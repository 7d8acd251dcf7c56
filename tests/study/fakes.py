"""A program that trains in this process, and workers that are killed in it."""

import json

from seal_tf.study import trial_runner
from seal_tf.study.budget import RunTime, StudyPlan
from seal_tf.study.candidates import Candidate
from seal_tf.study.search_range import SearchRange
from seal_tf.study.training_process import TrainingFailedError
from seal_tf.study.tuning import StudyContext, Tuner

EPOCHS = 4


class Killed(BaseException):
    """The end of a worker: Optuna handles it no more than a real one."""


class FakeProgram:
    """A program whose accuracy is a function of its flags.

    Args:
        monkeypatch: Replaces the training process.
    """

    writes_summaries = False
    result_file = "result.json"

    def __init__(self, monkeypatch):
        #: (flags, seed, work directory, final) of each run that started.
        self.runs = []
        #: Called with (run, epoch) before each epoch.
        self.on_epoch = lambda run, epoch: None
        #: Further entries of each result.
        self.extra = {}
        self._planned = {}
        monkeypatch.setattr(trial_runner, "run_training", self._train)

    def build_command(self, flags, seed, workdir, final):
        self._planned[workdir] = (dict(flags), seed, workdir, final)
        return ["train", f"--seed={seed}"]

    def read_result(self, workdir):
        path = workdir / "result.json"
        return json.loads(path.read_text()) if path.exists() else None

    def read_score(self, candidate, result):
        return result["accuracy"]

    def _train(self, command, on_epoch):
        run = self._planned[command.workdir]
        self.runs.append(run)
        flags, seed, workdir, _ = run
        workdir.mkdir(parents=True, exist_ok=True)
        if flags.get("broken"):
            raise TrainingFailedError("the script is broken")
        x, rate = flags.get("x", 0.5), flags.get("rate", 0.1)
        full = 1 - (x - 0.3) ** 2 - (rate - 0.2) ** 2 - 0.01 * seed
        rows = []
        for epoch in range(EPOCHS):
            self.on_epoch(run, epoch)
            accuracy = full * (epoch + 1) / EPOCHS
            rows.append({"epoch": epoch, "val_accuracy": accuracy})
            (workdir / "metrics.jsonl").write_text(
                "".join(json.dumps(row) + "\n" for row in rows)
            )
            on_epoch(rows[-1])
        result = {"accuracy": full, **self.extra}
        (workdir / "result.json").write_text(json.dumps(result))
        (workdir / "weights").write_text("large")


def candidate(name, **flags):
    """Return a candidate with two flags to tune."""
    search = {
        "x": SearchRange(low=0.0, high=1.0, first=0.5),
        "rate": SearchRange(low=0.01, high=1.0, log=True, first=0.1),
    }
    return Candidate(name, f"the {name}", {"kind": name, **flags}, search)


def plan(candidates, trials=2, seeds=2, tuning=1e6):
    """Return a plan in passes."""
    return StudyPlan(
        tuple(c.name for c in candidates),
        epochs=EPOCHS,
        trials=trials,
        finalists=len(candidates),
        seeds=seeds,
        tuning=tuning,
        budget=2 * tuning,
        time=RunTime(0.0, 1.0, is_passes=True),
        final_share=1.0,
    )


def context(storage, workdir, program, lines=None):
    """Return the context of a worker."""
    return StudyContext(
        name="study",
        workdir=workdir,
        storage=storage,
        program=program,
        seed=0,
        learning_rate=0.1,
        log=(lines if lines is not None else []).append,
    )


def tuner(storage, workdir, program, candidates, lines=None, **options):
    """Return the tuner of a worker."""
    return Tuner(
        context(storage, workdir, program, lines),
        plan(candidates, **options),
        candidates,
    )

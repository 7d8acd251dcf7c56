"""Workers of a small study as real processes, and what they leave."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seal_tf.study import (
    fixed_runs,
    heartbeats,
    report,
    training_process,
    tuning,
)
from seal_tf.study.__main__ import main
from seal_tf.study.slots import read_slots
from seal_tf.study.storage import open_storage
from seal_tf.utils.files import write_text

#: A training without TensorFlow. Its result is a function of its flags. It
#: records its process, its start and its end.
SCRIPT = """
import json, os, signal, sys, time
from pathlib import Path

flags = dict(word[2:].split("=", 1) for word in sys.argv[1:])
workdir = Path(flags["workdir"])
workdir.mkdir(parents=True, exist_ok=True)
log = Path(flags["log"])


def record(event):
    with log.open("a") as file:
        file.write(json.dumps([event, str(workdir), os.getpid()]) + "\\n")


def stop(*_):
    record("stopped")
    sys.exit(1)


signal.signal(signal.SIGTERM, stop)
record("start")
if flags.get("broken") == flags["evaluate_on"]:
    sys.exit("the script is broken")
x = float(flags["x"])
epochs = int(flags["epochs"])
for epoch in range(epochs):
    time.sleep(float(flags["seconds"]) / epochs)
    accuracy = (1 - (x - 0.3) ** 2) * (epoch + 1) / epochs
    with (workdir / "metrics.jsonl").open("a") as file:
        row = {"epoch": epoch, "val_accuracy": accuracy}
        file.write(json.dumps(row) + "\\n")
accuracy -= 0.01 * int(flags["seed"])
(workdir / "result.json").write_text(json.dumps({"accuracy": accuracy}))
record("end")
"""
CANDIDATES = """
[long]
label = "baseline"
flags = { kind = "long" }
search.x = { low = 0.0, high = 1.0, first = 0.5 }

[other]
label = "other"
flags = { kind = "other" }
search.x = { low = 0.0, high = 1.0, first = 0.2 }
"""
#: A worker with a short heartbeat and short waits. Its page is the result as
#: text, so that it needs no figures.
RUNNER = """
import sys
from tests.study.workers import shorten_waits, write_short_page
shorten_waits(setattr)
from seal_tf.study import report
report.write_study = write_short_page
from seal_tf.study.__main__ import main
sys.exit(main())
"""
#: 2 candidates x 2 trials, a trial of the baseline with the settings of the
#: other, and 2 finalists x 2 seeds, of 2 epochs.
TRIALS, SEEDS, EPOCHS = 2, 2, 2
RUNS = 2 * TRIALS + 1 + 2 * SEEDS


def shorten_waits(replace):
    """Let workers wait less, by a function such as `monkeypatch.setattr`."""
    replace(heartbeats, "HEARTBEAT", 1)
    replace(heartbeats, "GRACE", 2)
    replace(training_process, "POLL", 0.02)
    for module in (fixed_runs, tuning):
        replace(module, "POLL", 0.2)


def write_short_page(settings, result):
    """Write the scores of a study in place of its page."""
    path = settings.workdir / "study.html"
    write_text(path, json.dumps([result.scores, result.failures]))
    return path


class SmallStudy:
    """A study of a script with two candidates.

    Args:
        folder: Where the files are.
        storage: Value of --storage, or None.
        seconds: Seconds of a run.
        name: Name of the study in the storage.
    """

    def __init__(self, folder, storage=None, seconds=0.2, name="study"):
        self.name = name
        self.workdir = folder / "study"
        self.log = folder / "runs.log"
        self.storage = storage
        script = folder / "train.py"
        script.write_text(SCRIPT)
        self.candidates = folder / "candidates.toml"
        self.candidates.write_text(CANDIDATES)
        self.flags = [
            f"--train_command={sys.executable} -S {script} "
            f"--log={self.log} --seconds={seconds}",
            f"--candidates={self.candidates}",
            "--passes=20",
            f"--epochs={EPOCHS}",
            f"--trials={TRIALS}",
            f"--seeds={SEEDS}",
            f"--workdir={self.workdir}",
            f"--study_name={name}",
        ]
        if storage is not None:
            self.flags.append(f"--storage={storage}")

    def start(self, *flags):
        """Start a worker."""
        environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
        return subprocess.Popen(
            [sys.executable, "-c", RUNNER, *self.flags, *flags],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *flags):
        """Run a worker to its end; return its code, output and errors."""
        return finish(self.start(*flags))

    def run_here(self, monkeypatch, *flags):
        """Run a worker in this process; return its exit code."""
        shorten_waits(lambda *item: monkeypatch.setattr(*item))
        monkeypatch.setattr(report, "write_study", write_short_page)
        try:
            return main([*self.flags, *flags])
        except SystemExit as error:
            return error.code

    def break_candidate(self, name, when="validation"):
        """Let the script fail for a candidate."""
        text = self.candidates.read_text()
        self.candidates.write_text(
            text.replace(
                f'kind = "{name}"', f'kind = "{name}", broken = "{when}"'
            )
        )

    def mend_script(self):
        """Let the script accept every candidate again."""
        script = self.log.with_name("train.py")
        text = script.read_text()
        assert 'flags.get("broken")' in text
        script.write_text(text.replace('flags.get("broken")', "None"))

    def events(self, kind):
        """Return (work directory, process) of each event of the script."""
        if not self.log.exists():
            return []
        events = map(json.loads, self.log.read_text().splitlines())
        return [(Path(w), pid) for event, w, pid in events if event == kind]

    def open(self):
        """Open the storage."""
        return open_storage(self.storage, self.workdir)

    def slots(self):
        """Return the slots of all Optuna studies by name."""
        storage = self.open()
        names = ("tuning/long", "tuning/other", "checks", "finals")
        return {
            n: read_slots(storage.open_study(f"{self.name}/{n}")) for n in names
        }

    def page(self):
        """Return the scores and the failures on the page."""
        return json.loads((self.workdir / "study.html").read_text())


def assert_complete(study, tried_twice=0):
    """Check that each run is complete, and has run once.

    Args:
        study: The study.
        tried_twice: Number of runs that were started again.

    Returns:
        The slots that have several trials.
    """
    counts = (TRIALS, TRIALS, 1, 2 * SEEDS)
    # A server may have trials that no worker wanted, which have not run.
    slots = [
        slot
        for s, count in zip(study.slots().values(), counts, strict=True)
        for slot in s[:count]
    ]
    assert len(slots) == RUNS
    assert all(slot.score is not None for slot in slots)
    ended = [workdir for workdir, _ in study.events("end")]
    assert len(ended) == len(set(ended)) == RUNS
    assert len(study.events("start")) == RUNS + tried_twice
    scores, failures = study.page()
    assert {n: len(s) for n, s in scores.items()} == dict.fromkeys(
        scores, SEEDS
    )
    assert len(scores) == 2 and not failures
    several = [slot for slot in slots if len(slot.trials) > 1]
    assert len(several) == tried_twice
    return several


def finish(worker, timeout=60):
    """Wait for a worker; return its code, output and errors."""
    output, errors = worker.communicate(timeout=timeout)
    return worker.returncode, output, errors


def wait_for(condition, timeout=30):
    """Wait until a function returns something true, and return it."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"{condition} stayed {value!r} for {timeout} s")
        time.sleep(0.02)
    return value


def is_alive(pid):
    """Return whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def child_of(worker):
    """Return the process that a worker has started, or None."""
    tasks = Path(f"/proc/{worker.pid}/task").glob("*/children")
    children = " ".join(path.read_text() for path in tasks).split()
    return int(children[0]) if children else None


def kill(worker):
    """Kill a worker as `kill -9` does."""
    worker.send_signal(signal.SIGKILL)
    worker.communicate()

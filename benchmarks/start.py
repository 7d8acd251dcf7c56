"""How soon a command starts, and how soon it is through.

  python -m benchmarks.start [--turns=5]

`--help`; from the command to the end of the first training step of
`configs/demo.flags`, against a process that imports TensorFlow and has Keras
do one `train_on_batch` of the same model; and what comes after the last
epoch: export, summary, page.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time

from benchmarks import record
from benchmarks.turns import by_turns

DEMO = "--flagfile=configs/demo.flags"
#: Ends the process as its first training step has ended.
FIRST_STEP = """
import os, runpy, sys
def on_train_batch_end(self, batch, logs=None):
    float(logs["loss"])
    os._exit(0)
sys.argv = ["train", *sys.argv[1:]]
import seal_tf.cli.keeper as keeper
keeper.Keeper.on_train_batch_end = on_train_batch_end
runpy.run_module("seal_tf.train", run_name="__main__")
"""
PLAIN = """
import tensorflow
import keras, numpy as np, sys, time
from seal_tf import models
from seal_tf.optimizers import SGD
model = models.build("small", (8, 8, 1), 10)
model.compile(SGD(0.1, 0.9, l2=5e-4),
    keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
    metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
    jit_compile=False)
x = np.zeros((32, 8, 8, 1), "f4")
model.train_on_batch(x, np.eye(10, dtype="f4")[[0] * 32])
"""
#: Says when the last epoch ended.
LAST_EPOCH = """
import runpy, sys, time
import keras
from seal_tf.cli import keeper
def on_train_end(self, logs=None):
    print("fit ended", time.time(), flush=True)
keeper.Keeper.on_train_end = on_train_end
sys.argv = ["train", *sys.argv[1:]]
runpy.run_module("seal_tf.train", run_name="__main__")
"""
#: Counts how often the train step is traced in a run.
TRACES = """
import runpy, sys
from seal_tf.training import callback, model
inner, traced = model.train_step, []
def train_step(*args):
    traced.append(1)
    return inner(*args)
callback.train_step = train_step
sys.argv = ["train", *sys.argv[1:]]
try:
    runpy.run_module("seal_tf.train", run_name="__main__")
except SystemExit:
    print("traced", len(traced))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        steps = by_turns(
            {
                "import and train_on_batch": lambda: _python("-c", PLAIN),
                "first step": lambda: _run(folder, FIRST_STEP),
            },
            asked.turns,
            warm_up=1,
        )
        helps = by_turns(
            {
                "python": lambda: _python("-c", "pass"),
                "help": lambda: _python("-m", "seal_tf.train", "--help"),
            },
            asked.turns,
        )
        after = _after(folder)
        traced = _traced(folder)
    rows = [
        record.row(
            "`python -m seal_tf.train --help`",
            "seconds",
            helps["median_seconds"]["help"],
            unit="s",
            goal=1,
        ),
        record.row(
            "from the command to the end of the first training step of `demo`",
            "importing TensorFlow and one `train_on_batch` of the same model",
            steps["ratio"]["first step"],
            goal=3,
        ),
        record.row(
            "export, summary and page after the last epoch of `demo`",
            "seconds",
            after,
            unit="s",
            goal=20,
        ),
        record.row(
            "traces of the training step in `demo` (batches of 32 and of 8)",
            "traces",
            traced,
            unit="traces",
            goal=2,
        ),
    ]
    record.write("start", "benchmarks.start", rows, first=steps, help=helps)


def _python(*arguments):
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
    return subprocess.run(
        [sys.executable, *arguments],
        check=True,
        env=env,
        capture_output=True,
        text=True,
    ).stdout


def _run(folder, script, *flags):
    workdir = tempfile.mkdtemp(dir=folder)
    return _python("-c", script, DEMO, f"--workdir={workdir}", *flags)


def _after(folder):
    said = _run(folder, LAST_EPOCH, "--generations=1")
    ended = time.time()
    return ended - float(said.split("fit ended ")[1].split()[0])


def _traced(folder):
    said = _run(folder, TRACES, "--epochs_per_generation=4")
    return int(said.split("traced ")[1].split()[0])


if __name__ == "__main__":
    main()

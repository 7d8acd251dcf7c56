"""Measure the time before the first and after the last training step.

  python -m benchmarks.startup [--rounds=7]

The benchmark times `--help`; the time from the start of the command to the
end of the first training step of `configs/demo.flags`, relative to a process
that imports TensorFlow and runs one `train_on_batch` of the same model; and
the time after the last epoch: export, summary and report. It also counts the
traces of the train step.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.result_file import create_row, write_result

DEMO = "--flagfile=configs/demo.flags"
#: Ends the process at the end of the first training step.
FIRST_STEP = """
import os, runpy, sys
from seal_tf.cli.train.checkpoint_callback import CheckpointCallback
def on_train_batch_end(self, batch, logs=None):
    float(logs["loss"])
    os._exit(0)
CheckpointCallback.on_train_batch_end = on_train_batch_end
sys.argv = ["train", *sys.argv[1:]]
runpy.run_module("seal_tf.train", run_name="__main__")
"""
#: The baseline: one training step of the same model in Keras.
PLAIN_KERAS = """
import os
import tensorflow
import keras, numpy as np
from seal_tf import models
from seal_tf.optimizers import SGD
model = models.build("small", (8, 8, 1), 10)
model.compile(SGD(0.1, 0.9, l2=5e-4),
    keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
    metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
    jit_compile=False)
x = np.zeros((32, 8, 8, 1), "f4")
model.train_on_batch(x, np.eye(10, dtype="f4")[[0] * 32])
os._exit(0)
"""
#: Prints when the last epoch ends.
LAST_EPOCH = """
import runpy, sys, time
from seal_tf.cli.train.checkpoint_callback import CheckpointCallback
def on_train_end(self, logs=None):
    print("fit ended", time.time(), flush=True)
CheckpointCallback.on_train_end = on_train_end
sys.argv = ["train", *sys.argv[1:]]
runpy.run_module("seal_tf.train", run_name="__main__")
"""
#: Counts the traces of the train step in a run.
TRACES = """
import runpy, sys
from seal_tf.backends.tensorflow import TensorFlowBackend
original, traces = TensorFlowBackend.train_step, []
def train_step(*args):
    traces.append(1)
    return original(*args)
TensorFlowBackend.train_step = train_step
sys.argv = ["train", *sys.argv[1:]]
try:
    runpy.run_module("seal_tf.train", run_name="__main__")
except SystemExit as exit_:
    if exit_.code:
        raise
    print("traces", len(traces))
"""


def main() -> None:
    """Run the benchmark."""
    rounds = create_parser(__doc__, rounds=7).parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        first_step = time_interleaved(
            {
                "import and train_on_batch": lambda: _python("-c", PLAIN_KERAS),
                "first step": lambda: _train(folder, FIRST_STEP),
            },
            rounds,
            warm_up=1,
        )
        help_text = time_interleaved(
            {
                "python": lambda: _python("-c", "pass"),
                "help": lambda: _python("-m", "seal_tf.train", "--help"),
            },
            rounds,
        )
        shutdown = _seconds_after_last_epoch(folder)
        traces = _count_traces(folder)
    rows = [
        create_row(
            "`python -m seal_tf.train --help`",
            "seconds",
            help_text["median_seconds"]["help"],
            unit="s",
            goal=1,
        ),
        create_row(
            "start of the command to the end of the first training step of "
            "`demo`",
            "import of TensorFlow and one `train_on_batch` of the same model",
            first_step["ratio"]["first step"],
            goal=3,
        ),
        create_row(
            "export, summary and report after the last epoch of `demo`",
            "seconds",
            shutdown,
            unit="s",
            goal=20,
        ),
        create_row(
            "traces of the training step in `demo` (batches of 32 and of 8)",
            "traces",
            traces,
            unit="traces",
            goal=2,
        ),
    ]
    details = {"first_step": first_step, "help": help_text}
    write_result("startup", rows, details)


def _python(*arguments: str) -> str:
    """Run Python, and return its standard output."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
    return subprocess.run(
        [sys.executable, *arguments],
        check=True,
        env=environment,
        capture_output=True,
        text=True,
    ).stdout


def _train(folder: str, program: str, *flags: str) -> str:
    workdir = tempfile.mkdtemp(dir=folder)
    return _python("-c", program, DEMO, f"--workdir={workdir}", *flags)


def _seconds_after_last_epoch(folder: str) -> float:
    output = _train(folder, LAST_EPOCH, "--generations=1")
    end = time.time()
    return end - float(output.split("fit ended ")[1].split()[0])


def _count_traces(folder: str) -> int:
    output = _train(folder, TRACES, "--epochs_per_generation=4")
    return int(output.split("traces ")[1].split()[0])


if __name__ == "__main__":
    main()

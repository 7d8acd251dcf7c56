"""Measure what teachers cost in the time and the tracing of a step.

  python -m benchmarks.distillation [--rounds=12]

Steps of `resnet18` on a batch of 32 images of 32x32 alternate: without a
teacher, and with ensembles of 1, 3 and 6 teachers. Tracing is timed as the
first step after the train function is made again.
"""

from __future__ import annotations

from collections.abc import Callable

import keras

from benchmarks import training_steps
from benchmarks.arguments import FEWEST_ROUNDS, create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.random_batch import random_batch
from benchmarks.result_file import create_row, write_result
from seal_tf import DistillCallback
from seal_tf.training.train_function import rebuild

ARCH, SIZE = "resnet18", 32
TEACHERS = (0, 1, 3, 6)


def main() -> None:
    """Run the benchmark."""
    rounds = create_parser(__doc__, rounds=12).parse_args().rounds
    runs = {count: start_run(count) for count in TEACHERS}
    steps = time_interleaved({n: step for n, (_, step) in runs.items()}, rounds)
    traces = time_interleaved(
        {n: trace(*run) for n, run in runs.items()},
        FEWEST_ROUNDS,
        warm_up=0,
    )
    setting = f"`{ARCH}`, {SIZE}x{SIZE}, batch 32"
    rows = [
        create_row(
            f"{name} with {count} teacher(s); {setting}",
            f"{name} without teachers",
            times["ratio"][count],
        )
        for name, times in (("a step", steps), ("tracing a step", traces))
        for count in TEACHERS[1:]
    ]
    write_result("distillation", rows, {"steps": steps, "traces": traces})


def start_run(teachers: int) -> tuple[keras.Model, Callable[[], None]]:
    """Return a model and its train step with some teachers.

    Args:
        teachers: Number of teachers.
    """
    model = training_steps.compiled_model(ARCH, SIZE)
    callback = DistillCallback(
        epochs_per_generation=1, teacher="ensemble", temperature=2.0
    )
    epochs = max(TEACHERS) + 1
    training_steps.start_callback(callback, model, epochs, 1)
    for epoch in range(teachers + 1):
        callback.on_epoch_begin(epoch)
    data = training_steps.repeat_batch(*random_batch(size=SIZE))
    return model, training_steps.step_function(model, data)


def trace(model: keras.Model, step: Callable[[], None]) -> Callable[[], None]:
    """Return a function that makes the train function and runs a step."""

    def run() -> None:
        rebuild(model)
        step()

    return run


if __name__ == "__main__":
    main()

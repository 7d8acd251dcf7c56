"""Measure the time per image as batches, images and classes grow.

  python -m benchmarks.scaling [--rounds=30]

Steps of ResNet-18 as `seal_tf.train` runs them on a CPU; all sizes of a
dimension alternate.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks import training_steps
from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.random_batch import random_batch
from benchmarks.result_file import create_row, write_result
from seal_tf import FastOps

BASE = {"images": 32, "size": 64, "classes": 200}
#: (format of the label, values) of each dimension; the first is the baseline.
DIMENSIONS = {
    "images": ("batch size {:,}", (8, 32, 128)),
    "size": ("image size {:,} (time per pixel)", (64, 96, 128)),
    "classes": ("{:,} classes", (10, 200, 1_000, 10_000)),
}
NOTES = {10_000: "the last layer has 31 % of the weights"}
#: A larger ratio than this is not noise.
GOAL = 1.05


def main() -> None:
    """Run the benchmark."""
    rounds = create_parser(__doc__, rounds=30).parse_args().rounds
    rows, details = [], {}
    for dimension, (label, values) in DIMENSIONS.items():
        steps = {v: _step(**{**BASE, dimension: v}) for v in values}
        times = time_interleaved(steps, rounds)
        details[dimension] = times
        first, *others = values
        for value in others:
            growth = _work(dimension, value) / _work(dimension, first)
            ratio = times["ratio"][value]
            rows.append(
                create_row(
                    f"time per image of ResNet-18, {label.format(value)}",
                    f"{first:,}",
                    {
                        "median": ratio["median"] / growth,
                        "interval": [v / growth for v in ratio["interval"]],
                    },
                    goal=GOAL,
                    note=NOTES.get(value, ""),
                )
            )
    write_result("scaling", rows, details)


def _work(dimension: str, value: int) -> int:
    """Return the expected work of a step, in units of the dimension."""
    return {"images": value, "size": value**2, "classes": 1}[dimension]


def _step(images: int, size: int, classes: int) -> Callable[[], None]:
    model = training_steps.compiled_model("resnet18", size, classes)
    fast_ops = FastOps(report=None)
    training_steps.start_callback(fast_ops, model, 1, 10**6)
    batch = random_batch(images, size, classes)
    return training_steps.step_function(
        model, training_steps.repeat_batch(*batch), [fast_ops]
    )


if __name__ == "__main__":
    main()

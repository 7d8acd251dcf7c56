"""Time per image as batches, images and classes grow.

  python -m benchmarks.scale [--turns=30]

Steps of ResNet-18 as `seal_tf.train` takes them on a CPU, all sizes of a
question by turns.
"""

from __future__ import annotations

import argparse

from benchmarks import record, work
from benchmarks.noise import batch
from benchmarks.turns import by_turns
from seal_tf import FastOps

BASE = {"images": 32, "size": 64, "classes": 200}
QUESTIONS = {
    "images": ("images of a batch", (8, 32, 128)),
    "size": ("pixels a side (time per pixel)", (64, 96, 128)),
    "classes": ("classes", (10, 200, 1_000, 10_000)),
}
NOTES = {10_000: "the last layer then has 31 % of the weights"}
#: How much of a difference is noise, by eye.
FLAT = 1.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=30)
    asked = parser.parse_args()
    rows, facts = [], {}
    for what, (words, values) in QUESTIONS.items():
        sides = {v: _step(**{**BASE, what: v}) for v in values}
        found = by_turns(sides, asked.turns)
        facts[what] = found
        first, *others = values
        for value in others:
            share = _work(what, value) / _work(what, first)
            ratio = found["ratio"][value]
            rows.append(
                record.row(
                    f"time per image of ResNet-18, {value:,} {words}",
                    f"{first:,}",
                    ratio["median"] / share,
                    interval=[v / share for v in ratio["interval"]],
                    goal=FLAT,
                    note=NOTES.get(value, ""),
                )
            )
    record.write("scale", "benchmarks.scale", rows, **facts)


def _work(what, value):
    """How many times the work a step of this size should be."""
    return {"images": value, "size": value**2, "classes": 1}[what]


def _step(images, size, classes):
    model = work.compiled("resnet18", size, classes)
    work.begun(FastOps(), model, 1, 10**6)
    return work.step_of(model, work.same_again(*batch(images, size, classes)))


if __name__ == "__main__":
    main()

"""What a checkpoint of the published run costs, and what a step is made of.

python -m benchmarks.state [--turns=N]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import keras

from benchmarks import record
from benchmarks.turns import by_turns
from seal_tf import models
from seal_tf.optimizers import SGD
from seal_tf.checkpoints import serialization, groups, multiply_adds
from seal_tf.training.state import State, slots, values, weights


def main(turns: int) -> None:
    model = models.build("resnet50", (64, 64, 3), 200)
    model.compile(SGD(0.1, 0.9, l2=5e-4), "categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)

    def taken():
        arrays = {
            "model": values(weights(model)),
            "optimizer": values(slots(model)),
            "best": model.get_weights(),
            "metrics": [],
        }
        return State(1, 5, 3, {}, arrays)

    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder, "state.npz"), Path(folder, "bytes")
        checkpoint.write(ours, taken())
        data = ours.read_bytes()

        def plain():
            with theirs.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())

        def save():
            checkpoint.write(ours, taken())

        found = by_turns(
            {
                "its bytes, written and flushed": plain,
                "a checkpoint, taken, written with checksums, flushed": save,
                "a checkpoint: read and compared": lambda: serialization.read_state(
                    ours
                ),
            },
            turns,
        )
    cut = layer_groups.partition(model, "conv4_block1")
    parameters = sum(
        keras.ops.size(v).numpy() for v in model.trainable_variables
    )
    found["checkpoint_bytes"] = len(data)
    found["parameters"] = int(parameters)
    found["gradient_bytes"] = 4 * int(parameters)
    found["multiply_adds_an_image_forward"] = sum(flops.group_multiply_adds(cut))
    what = f"of ResNet-50, {len(data) / 1e6:.0f} MB"
    ratios = iter(found["ratio"].values())
    rows = [
        record.row(
            f"a checkpoint {what}: taken, written with checksums, flushed",
            "its bytes, written and flushed",
            next(ratios),
        ),
        record.row(
            f"a checkpoint {what}: read, checksums compared",
            "its bytes, written and flushed",
            next(ratios),
        ),
    ]
    record.write("state", "benchmarks.state", rows, **found)


if __name__ == "__main__":
    given = [a.split("=")[1] for a in sys.argv[1:] if a.startswith("--turns=")]
    main(int(given[0]) if given else 9)

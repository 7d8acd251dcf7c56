"""Measure the cost of a checkpoint of the published run.

  python -m benchmarks.checkpoints [--rounds=9]

The baseline writes the same bytes. The benchmark also counts the parameters,
the bytes of the gradients and the multiply-adds of ResNet-50.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import keras

from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.result_file import create_row, write_result
from seal_tf import models
from seal_tf.checkpoints import serialization
from seal_tf.checkpoints.state import ModelState, RunState
from seal_tf.checkpoints.variables import values
from seal_tf.optimizers import SGD
from seal_tf.training import flops, layer_groups
from seal_tf.utils.files import atomic_writer

BASELINE = "write and flush the same bytes"
SAVE = "collect, write with checksums and flush a checkpoint"
READ = "read a checkpoint and compare checksums"


def main() -> None:
    """Run the benchmark."""
    rounds = create_parser(__doc__, rounds=9).parse_args().rounds
    model = models.build("resnet50", (64, 64, 3), 200)
    model.compile(SGD(0.1, 0.9, l2=5e-4), "categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    times, size = _time_checkpoints(model, rounds)
    partition = layer_groups.partition(model, "conv4_block1")
    parameters = int(
        sum(keras.ops.size(v).numpy() for v in model.trainable_variables)
    )
    label = f"a checkpoint of ResNet-50, {size / 1e6:.0f} MB"
    rows = [
        create_row(
            f"{label}: collect, write with checksums and flush",
            BASELINE,
            times["ratio"][SAVE],
        ),
        create_row(
            f"{label}: read and compare checksums",
            BASELINE,
            times["ratio"][READ],
        ),
    ]
    details = {
        **times,
        "checkpoint_bytes": size,
        "parameters": parameters,
        "gradient_bytes": 4 * parameters,
        "forward_multiply_adds_per_image": sum(
            flops.group_multiply_adds(partition)
        ),
    }
    write_result("checkpoints", rows, details)


def _time_checkpoints(
    model: keras.Model, rounds: int
) -> tuple[dict[str, Any], int]:
    """Return the times, and the size of a checkpoint in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint, copy = Path(folder, "state.npz"), Path(folder, "bytes")

        def save() -> None:
            with atomic_writer(checkpoint) as file:
                serialization.write_state(_collect(model), file)

        save()
        data = checkpoint.read_bytes()

        def write_bytes() -> None:
            with copy.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())

        functions = {
            BASELINE: write_bytes,
            SAVE: save,
            READ: lambda: serialization.read_state(checkpoint),
        }
        return time_interleaved(functions, rounds), len(data)


def _collect(model: keras.Model) -> RunState:
    """Return the state of a run: the model, its optimizer, best weights."""
    parts = {
        "model": ModelState(model).get_state(),
        "optimizer": {"variables": values(model.optimizer.variables)},
        "best_weights": {"weights": model.get_weights()},
    }
    return RunState(5, 3, parts)


if __name__ == "__main__":
    main()

"""Measure what each faster operation saves, alone and together.

  python -m benchmarks.fast_ops [--rounds=15]

A training step of `small` (32x32) and of ResNet-18 (32x32), batch 32, is
compared with plain Keras and an SGD of separate products and sums, and the
time that the measurement of the algorithms takes is shown. Each variant runs
in a separate process, because threads and oneDNN are set by environment
variables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.random_batch import random_batch
from benchmarks.result_file import Row, create_row, write_result
from benchmarks.worker_process import WorkerProcess, serve_steps

SIZE, BATCH = 32, 32
CASES = (
    ("small", "float32"),
    ("resnet18", "float32"),
    ("resnet18", "mixed_bfloat16"),
)
#: Environment variables of each variant, by name.
VARIANTS: dict[str, dict[str, str]] = {
    "plain": {},
    "update in two passes": {},
    "fused batch normalization": {},
    "all, convolutions by the table": {},
    "all, convolutions by measuring": {},
    "all, 4 steps an execution": {},
    "all, one operation at a time": {"TF_NUM_INTEROP_THREADS": "1"},
    "plain, without oneDNN": {"TF_ENABLE_ONEDNN_OPTS": "0"},
}


def main() -> None:
    """Run the benchmark."""
    parser = create_parser(__doc__, rounds=15)
    parser.add_argument(
        "--worker",
        nargs=3,
        metavar=("ARCH", "PRECISION", "VARIANT"),
        help="serve the steps of one variant (internal)",
    )
    arguments = parser.parse_args()
    if arguments.worker:
        steps = _steps_per_execution(arguments.worker[-1])
        serve_steps(_step(*arguments.worker), steps)
        return
    rows, details = [], {}
    for arch, precision in CASES:
        times = _time_variants(arch, precision, arguments.rounds)
        details[f"{arch} {precision}"] = times
        rows += [
            create_row(
                f"{arch}, {SIZE}x{SIZE}, batch {BATCH}, {precision}: {name}",
                "plain Keras",
                ratio,
            )
            for name, ratio in times["ratio"].items()
        ]
    for arch in ("small", "resnet18"):
        rows.append(_time_measurement(arch))
    write_result("fast_ops", rows, details)


def _time_variants(arch: str, precision: str, rounds: int) -> dict[str, Any]:
    workers = {
        name: WorkerProcess(
            "benchmarks.fast_ops",
            "--worker",
            arch,
            precision,
            name,
            **environment,
        )
        for name, environment in VARIANTS.items()
    }
    times = time_interleaved(workers, rounds)
    for worker in workers.values():
        worker.close()
    return times


def _time_measurement(arch: str) -> Row:
    """The seconds of one measurement, without the kept result."""
    import tensorflow as tf

    from benchmarks import training_steps
    from seal_tf.fast_ops.choices import Choices
    from seal_tf.fast_ops.layer_patch import patch_layers
    from seal_tf.fast_ops.operations import MeasuredOperations
    from seal_tf.fast_ops.selection import measure
    from seal_tf.utils.patching import AttributePatcher

    model = training_steps.compiled_model(arch, SIZE)
    operations = MeasuredOperations(Choices())
    patch_layers(model, AttributePatcher(), lambda: operations)
    spec = tf.TensorSpec((BATCH, SIZE, SIZE, 3))
    measurement = measure(model, spec, BATCH, operations)
    return create_row(
        f"choosing the algorithms of {arch}, {SIZE}x{SIZE}, batch {BATCH}",
        "seconds, once",
        measurement.duration,
        unit="s",
        goal=5.0,
        note=measurement.summary(),
    )


def _steps_per_execution(variant: str) -> int:
    return 4 if "4 steps" in variant else 1


def _step(arch: str, precision: str, variant: str) -> Callable[[], object]:
    import keras

    from benchmarks import training_steps
    from seal_tf import FastOps
    from seal_tf.fast_ops.choices import Choices
    from seal_tf.fast_ops.layer_patch import patch_layers
    from seal_tf.fast_ops.operations import Operations
    from seal_tf.optimizers import SGD
    from seal_tf.utils.patching import AttributePatcher

    class UnfusedSGD(SGD):
        """The same update with one product or sum at a time."""

        def update_step(
            self,
            gradient: Any,
            variable: Any,
            learning_rate: Any,
            l2_factor: Any = 1.0,
        ) -> None:
            velocity = self.velocities[self._get_variable_index(variable)]
            gradient = gradient + self.l2 * l2_factor * variable
            self.assign(velocity, velocity * self.momentum + gradient)
            self.assign_sub(variable, velocity * learning_rate)

    has_all = variant.startswith("all")
    fused = has_all or "passes" in variant
    model = training_steps.compiled_model(
        arch,
        SIZE,
        precision=precision,
        optimizer=(SGD if fused else UnfusedSGD)(0.01, 0.9, l2=5e-4),
        steps_per_execution=_steps_per_execution(variant),
    )
    callbacks = []
    if has_all:
        mode = "table" if "table" in variant else "measure"
        callback = FastOps(mode, report=None)
        training_steps.start_callback(callback, model, 1, 10**6)
        callbacks.append(callback)
    elif "normalization" in variant:
        operations = Operations(Choices())
        patch_layers(
            model,
            AttributePatcher(),
            lambda: operations,
            classes=[keras.layers.BatchNormalization],
        )
    data = training_steps.repeat_batch(*random_batch(BATCH, SIZE))
    return training_steps.step_function(model, data, callbacks)


if __name__ == "__main__":
    main()

"""Compare steps with the callback and without, on each backend of Keras.

  python -m benchmarks.backends [--rounds=15] [--archs=small,resnet18]

A step is `model.train_on_batch` of seal_tf's SGD. For each backend, one
process takes by turns the steps of plain Keras, of SEAL in an epoch of
descent and of ascent, and of FreezeOut with half of the layers frozen. Then
the plain steps of all backends are taken by turns, each in its own process.
The backends are the optional extras `jax` and `torch`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.random_batch import random_batch
from benchmarks.result_file import Row, create_row, write_result
from benchmarks.worker_process import WorkerProcess, serve_steps

SIZE = 32
GOAL = 1.03
#: (backend, whether the step is compiled) by name; the baseline first.
STEPS = {
    "TensorFlow": ("tensorflow", "false"),
    "TensorFlow, XLA": ("tensorflow", "true"),
    "JAX, XLA": ("jax", "true"),
    "PyTorch": ("torch", "false"),
}
#: How each backend trains by default on a CPU.
DEFAULTS = {
    "tensorflow": "TensorFlow",
    "jax": "JAX, XLA",
    "torch": "PyTorch",
}
SEAL: dict[str, Any] = {
    "generations": 2,
    "epochs_per_generation": 2,
    "ascent_epochs": 1,
}


def main() -> None:
    """Run the benchmark."""
    parser = create_parser(__doc__, rounds=15)
    parser.add_argument("--archs", default="small,resnet18")
    parser.add_argument(
        "--overhead",
        nargs=3,
        metavar=("ARCH", "COMPILED", "ROUNDS"),
        help="print the times of this process's backend (internal)",
    )
    parser.add_argument(
        "--worker",
        nargs=2,
        metavar=("ARCH", "COMPILED"),
        help="serve the steps of this process's backend (internal)",
    )
    arguments = parser.parse_args()
    if arguments.overhead:
        arch, compiled, rounds = arguments.overhead
        steps = create_steps(arch, compiled == "true")
        print(json.dumps(time_interleaved(steps, int(rounds))))
        return
    if arguments.worker:
        arch, compiled = arguments.worker
        serve_steps(_step(_model(arch, compiled == "true")))
        return
    rows: list[Row] = []
    details: dict[str, Any] = {}
    for arch in arguments.archs.split(","):
        rows += _compare_callback(arch, arguments.rounds, details)
        rows += _compare_backends(arch, arguments.rounds, details)
    write_result("backends", rows, details)


def _compare_callback(
    arch: str, rounds: int, details: dict[str, Any]
) -> list[Row]:
    rows = []
    for backend, name in DEFAULTS.items():
        command = [sys.executable, "-m", "benchmarks.backends", "--overhead"]
        output = subprocess.run(
            [*command, arch, STEPS[name][1], str(rounds)],
            env={**os.environ, "KERAS_BACKEND": backend},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        times = json.loads(output.splitlines()[-1])
        details[f"{arch} on {name}"] = times
        for kind, ratio in times["ratio"].items():
            rows.append(
                create_row(
                    f"a step of {arch} {kind} on {name}, "
                    f"{SIZE}x{SIZE}, batch 32",
                    "plain Keras",
                    ratio,
                    goal=GOAL if "SEAL" in kind else None,
                )
            )
    return rows


def _compare_backends(
    arch: str, rounds: int, details: dict[str, Any]
) -> list[Row]:
    workers = {
        name: WorkerProcess(
            *("benchmarks.backends", "--worker", arch, compiled),
            KERAS_BACKEND=backend,
        )
        for name, (backend, compiled) in STEPS.items()
    }
    times = time_interleaved(workers, rounds, warm_up=1)
    for worker in workers.values():
        worker.close()
    details[f"{arch} side by side"] = times
    return [
        create_row(
            f"a step of {arch} on {name}, {SIZE}x{SIZE}, batch 32",
            "plain Keras on TensorFlow",
            ratio,
        )
        for name, ratio in times["ratio"].items()
    ]


def create_steps(arch: str, compiled: bool) -> dict[str, Callable[[], None]]:
    """Create a step of plain Keras and steps of methods.

    Args:
        arch: Name of the network; each step has a network of its own.
        compiled: Whether XLA compiles the step.
    """
    from seal_tf import FreezeOutCallback, SEALCallback

    steps = {"plain Keras": _step(_model(arch, compiled))}
    for phase, epoch in (("descent", 1), ("ascent", 2)):
        callback = SEALCallback(**SEAL)
        steps[f"with SEAL in {phase}"] = _step(
            _started(callback, _model(arch, compiled), 4, epoch)
        )
    # Half of the layer groups are frozen at half of the run.
    freezing = FreezeOutCallback(t0=0.01, decay="linear", scaled=False)
    steps["with half of FreezeOut's groups frozen"] = _step(
        _started(freezing, _model(arch, compiled), 100, 50)
    )
    return steps


def _model(arch: str, compiled: bool) -> Any:
    import keras

    from benchmarks.random_batch import CLASSES
    from seal_tf import models
    from seal_tf.optimizers import SGD

    keras.utils.set_random_seed(0)
    model = models.build(arch, (SIZE, SIZE, 3), CLASSES)
    model.compile(
        SGD(0.01, 0.9, l2=5e-4),
        keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=0.1
        ),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=compiled,
    )
    model.optimizer.build(model.trainable_variables)
    return model


def _started(callback: Any, model: Any, epochs: int, epoch: int) -> Any:
    """Start a callback as fit does, at an epoch; return the model."""
    callback.set_model(model)
    callback.set_params({"epochs": epochs, "steps": 10**6, "verbose": 0})
    callback.on_train_begin()
    callback.on_epoch_begin(epoch)
    return model


def _step(model: Any) -> Callable[[], None]:
    x, y = random_batch(size=SIZE)

    def step() -> None:
        model.train_on_batch(x, y, return_dict=True)

    return step


if __name__ == "__main__":
    main()

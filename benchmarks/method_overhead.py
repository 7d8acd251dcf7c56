"""Compare SEAL's step, memory and epochs with plain Keras.

  python -m benchmarks.method_overhead [--rounds=40]

Both sides have the same model, optimizer, data and loss: `keras.Model` in a
plain fit, and `SEALModel` with `SEALCallback` in an epoch of descent and in
an epoch of ascent.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import keras

from benchmarks import training_steps
from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.lockstep_fit import LockstepFit
from benchmarks.machine import peak_memory_gb
from benchmarks.random_batch import random_batch
from benchmarks.result_file import Row, create_row, write_result
from seal_tf import SEALCallback, SEALModel

ARCHS = ("small", "resnet18", "resnet50")
# Epoch 0 of each generation but the first is an ascent.
SEAL: dict[str, Any] = {
    "generations": 2,
    "epochs_per_generation": 2,
    "ascent_epochs": 1,
}
GOAL, MEMORY_GOAL = 1.02, 1.03


def main() -> None:
    """Run the benchmark."""
    parser = create_parser(__doc__, rounds=40)
    parser.add_argument(
        "--measure_memory",
        nargs=2,
        metavar=("ARCH", "MODEL"),
        help="print the peak memory of this process (internal)",
    )
    arguments = parser.parse_args()
    if arguments.measure_memory:
        print("peak", train_and_measure(*arguments.measure_memory))
        return
    rows: list[Row] = []
    details: dict[str, Any] = {}
    _compare_steps(arguments.rounds, rows, details)
    _compare_memory(rows, details)
    _compare_epochs(arguments.rounds, rows, details)
    write_result("method_overhead", rows, details)


def _compare_steps(
    rounds: int, rows: list[Row], details: dict[str, Any]
) -> None:
    for arch in ARCHS:
        times = time_interleaved(
            create_steps(arch), rounds * (3 if arch == "small" else 1)
        )
        details[arch] = times
        for phase in ("descent", "ascent"):
            rows.append(
                create_row(
                    f"a step of {arch} in {phase}, 64x64, batch 32",
                    "plain Keras",
                    times["ratio"][phase],
                    goal=GOAL,
                )
            )


def _compare_memory(rows: list[Row], details: dict[str, Any]) -> None:
    for arch in ARCHS:
        plain, seal = (memory_gb(arch, kind) for kind in ("plain", "seal"))
        details[f"peak_gb_{arch}"] = {"plain": plain, "seal": seal}
        rows.append(
            create_row(
                f"peak memory of a process that trains {arch}, batch 32",
                "plain Keras",
                seal / plain,
                goal=MEMORY_GOAL,
            )
        )


def _compare_epochs(
    rounds: int, rows: list[Row], details: dict[str, Any]
) -> None:
    times = time_interleaved(start_fits(rounds), rounds, warm_up=3)
    details["epochs"] = times
    rows.append(
        create_row(
            "a generation of fit; `small`, 64x64, 4 epochs of 15 steps, "
            "batch 32",
            "fit without the callback",
            times["ratio"]["with the callback"],
            goal=GOAL,
        )
    )


def as_seal_model(model: keras.Model) -> SEALModel:
    """Return the same network as a `SEALModel`, compiled in the same way."""
    seal = SEALModel(model.inputs, model.outputs)
    seal.compile_from_config(model.get_compile_config())
    seal.optimizer.build(seal.trainable_variables)
    return seal


def create_steps(arch: str) -> dict[str, Callable[[], None]]:
    """Create a step of plain Keras and one of each phase of SEAL.

    Args:
        arch: Name of the network; each step has a network of its own.
    """
    data = training_steps.repeat_batch(*random_batch())
    steps = {
        "plain Keras": training_steps.step_function(
            training_steps.compiled_model(arch), data
        )
    }
    for phase, epoch in (("descent", 1), ("ascent", 2)):
        model = as_seal_model(training_steps.compiled_model(arch))
        callback = training_steps.start_callback(
            SEALCallback(**SEAL), model, 4, 10**6
        )
        callback.on_epoch_begin(epoch)
        assert callback.plan.epoch(epoch).ascends == (phase == "ascent")
        steps[phase] = training_steps.step_function(model, data)
    return steps


def start_fits(rounds: int) -> dict[str, LockstepFit]:
    """Start two fits of `small`, with the callback and without.

    A round is a generation of four epochs: it contains an ascent, both
    switches and two resets of the optimizer.

    Args:
        rounds: Number of timed rounds.
    """
    generations = rounds + 10

    def start_fit(callbacks: list[keras.callbacks.Callback]) -> LockstepFit:
        model = training_steps.compiled_model("small")

        def fit(more_callbacks: list[keras.callbacks.Callback]) -> None:
            model.fit(
                training_steps.repeat_batch(*random_batch()),
                steps_per_epoch=15,
                epochs=4 * generations,
                verbose=0,
                callbacks=[*callbacks, *more_callbacks],
            )

        return LockstepFit(fit, epochs=4)

    seal = SEALCallback(generations=generations, epochs_per_generation=4)
    return {
        "without the callback": start_fit([]),
        "with the callback": start_fit([seal]),
    }


def memory_gb(arch: str, kind: str) -> float:
    """Return the peak memory of a training process in GB.

    Args:
        arch: Name of the network.
        kind: "plain" or "seal".
    """
    command = [sys.executable, "-m", "benchmarks.method_overhead"]
    output = subprocess.run(
        [*command, "--measure_memory", arch, kind],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return float(output.split("peak ")[1])


def train_and_measure(arch: str, kind: str) -> float:
    """Train 4 epochs of 6 steps; return the peak memory in GB.

    Args:
        arch: Name of the network.
        kind: "plain" or "seal".
    """
    model = training_steps.compiled_model(arch)
    callbacks = []
    if kind == "seal":
        model, callbacks = as_seal_model(model), [SEALCallback(**SEAL)]
    model.fit(
        training_steps.repeat_batch(*random_batch()),
        steps_per_epoch=6,
        epochs=4,
        verbose=0,
        callbacks=callbacks,
    )
    return peak_memory_gb()


if __name__ == "__main__":
    main()

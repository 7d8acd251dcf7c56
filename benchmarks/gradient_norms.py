"""Measure the overhead of gradient and weight norms in TensorBoard.

  python -m benchmarks.gradient_norms [--rounds=20]

Fits of `small` with SEAL on a batch of 64x64 images alternate: without norms,
with norms every 25 steps, and with norms every step.
"""

from __future__ import annotations

import tempfile

import keras

from benchmarks import training_steps
from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.lockstep_fit import LockstepFit
from benchmarks.random_batch import random_batch
from benchmarks.result_file import create_row, write_result
from seal_tf import GenerationTensorBoard, SEALCallback

#: Steps of an epoch, which is a round; a batch has 32 images.
STEPS = 50
#: (steps between two records, upper limit of the ratio), by name.
VARIANTS: dict[str, tuple[int, float | None]] = {
    "no norms": (0, None),
    "every 25 steps": (25, 1.02),
    "every step": (1, None),
}


def main() -> None:
    """Run the benchmark."""
    rounds = create_parser(__doc__, rounds=20).parse_args().rounds
    fits = {
        name: start_fit(rounds, norms_every)
        for name, (norms_every, _) in VARIANTS.items()
    }
    times = time_interleaved(fits, rounds)
    rows = [
        create_row(
            f"an epoch of {STEPS} steps with norms {name}; `small`, 64x64, "
            "batch 32",
            "an epoch without norms",
            times["ratio"][name],
            goal=goal,
        )
        for name, (norms_every, goal) in VARIANTS.items()
        if norms_every
    ]
    write_result("gradient_norms", rows, times)


def start_fit(rounds: int, norms_every: int) -> LockstepFit:
    """Start a fit with one epoch per round.

    Args:
        rounds: Number of timed rounds.
        norms_every: Steps between two records of norms; 0 for none.
    """
    # SEAL needs an even number of epochs for two generations.
    epochs = rounds + 6 + rounds % 2
    seal = SEALCallback(generations=2)
    tensorboard = GenerationTensorBoard(seal, tempfile.mkdtemp(), norms_every)

    def fit(callbacks: list[keras.callbacks.Callback]) -> None:
        training_steps.compiled_model("small").fit(
            training_steps.repeat_batch(*random_batch()),
            steps_per_epoch=STEPS,
            epochs=epochs,
            verbose=0,
            callbacks=[seal, tensorboard, *callbacks],
        )

    return LockstepFit(fit, epochs=1)


if __name__ == "__main__":
    main()

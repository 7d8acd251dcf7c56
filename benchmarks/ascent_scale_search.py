"""Measure the overhead of the search for S.

  python -m benchmarks.ascent_scale_search [--rounds=12]

Two fits of `small` on a batch of 64x64 images alternate, one generation at a
time: one with a fixed S, and one with a searched S (a dozen measurements on
probe images, and clipped ascent steps).
"""

from __future__ import annotations

import keras

from benchmarks import training_steps
from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.lockstep_fit import LockstepFit
from benchmarks.random_batch import random_batch
from benchmarks.result_file import create_row, write_result
from seal_tf import SEALCallback

#: Epochs of a generation, and their steps; a batch has 32 images.
EPOCHS, STEPS = 8, 60
GOAL = 1.02


def main() -> None:
    """Run the benchmark."""
    rounds = create_parser(__doc__, rounds=12).parse_args().rounds
    fits = {
        "fixed S": start_fit(rounds, 0.02),
        "searched S": start_fit(rounds, "auto"),
    }
    times = time_interleaved(fits, rounds)
    rows = [
        create_row(
            f"a generation with searched S; `small`, 64x64, {EPOCHS} epochs "
            f"of {STEPS} steps, batch 32",
            "a generation with fixed S",
            times["ratio"]["searched S"],
            goal=GOAL,
        )
    ]
    write_result("ascent_scale_search", rows, times)


def start_fit(rounds: int, scale: float | str) -> LockstepFit:
    """Start a fit with one generation per round.

    Args:
        rounds: Number of timed rounds.
        scale: The `ascent_scale` of SEAL.
    """
    # The first generation has no ascent; the warm-up needs two more.
    generations = rounds + 5
    seal = SEALCallback(generations=generations, ascent_scale=scale)

    def fit(callbacks: list[keras.callbacks.Callback]) -> None:
        training_steps.compiled_model("small").fit(
            training_steps.repeat_batch(*random_batch()),
            steps_per_epoch=STEPS,
            epochs=EPOCHS * generations,
            verbose=0,
            callbacks=[seal, *callbacks],
        )

    return LockstepFit(fit, epochs=EPOCHS)


if __name__ == "__main__":
    main()

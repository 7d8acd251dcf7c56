"""What measuring norms costs: python -m benchmarks.norms [--turns=20]

Fits of `small` on a batch of 64x64 photographs with SEAL, by turns: without
norms, with those of every 25th step, and with those of every step.
"""

from __future__ import annotations

import argparse
import tempfile

from benchmarks import record, work
from benchmarks.batons import Baton
from benchmarks.noise import batch
from benchmarks.turns import by_turns
from seal_tf import GenerationTensorBoard, SEALCallback

#: Steps of an epoch, which is a turn; a batch is 32 images.
STEPS = 50
#: By name, the rhythm and how much longer an epoch may take.
SIDES = {"without": (0, None), "every 25 steps": (25, 1.02), "each": (1, None)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=20)
    turns = parser.parse_args().turns
    sides = {name: epochs(turns, every) for name, (every, _) in SIDES.items()}
    found = by_turns(sides, turns)
    rows = [
        record.row(
            f"an epoch of {STEPS} steps with norms {name}, small, 64x64, "
            "batch 32",
            "without",
            found["ratio"][name],
            goal=goal,
        )
        for name, (every, goal) in SIDES.items()
        if every
    ]
    record.write("norms", "benchmarks.norms", rows, **found)


def epochs(turns, every) -> Baton:
    """A fit, an epoch a turn."""
    count = turns + 6 + turns % 2
    seal = SEALCallback(generations=2)
    board = GenerationTensorBoard(seal, tempfile.mkdtemp(), every)

    def run(callbacks):
        work.compiled("small").fit(
            work.same_again(*batch()),
            steps_per_epoch=STEPS,
            epochs=count,
            verbose=0,
            callbacks=[seal, board, *callbacks],
        )

    return Baton(run, epochs=1)


if __name__ == "__main__":
    main()

"""What finding S costs: python -m benchmarks.finding [--turns=12]

Fits of `small` on a batch of 64x64 photographs, as many generations of one as
of the other: S fixed, and S found (a dozen looks at a slice and a bound on
every ascent step).
"""

from __future__ import annotations

import argparse

from benchmarks import record, work
from benchmarks.batons import Baton
from benchmarks.noise import batch
from benchmarks.turns import by_turns
from seal_tf import SEALCallback

#: Epochs of a generation, and their steps; a batch is 32 images.
EPOCHS, STEPS = 8, 60
GOAL = 1.02


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=12)
    turns = parser.parse_args().turns
    sides = {
        "fixed": generations(turns, 0.02),
        "found": generations(turns, "auto"),
    }
    found = by_turns(sides, turns)
    rows = [
        record.row(
            f"a generation with S found, small, 64x64, {EPOCHS} epochs of "
            f"{STEPS} steps of 32",
            "S fixed",
            found["ratio"]["found"],
            goal=GOAL,
        )
    ]
    record.write("finding", "benchmarks.finding", rows, **found)


def generations(turns, scale) -> Baton:
    """A fit, a generation a turn; the first of them does not ascend."""
    count = turns + 5
    callback = SEALCallback(generations=count, ascent_scale=scale)

    def run(callbacks):
        work.compiled("small").fit(
            work.same_again(*batch()),
            steps_per_epoch=STEPS,
            epochs=EPOCHS * count,
            verbose=0,
            callbacks=[callback, *callbacks],
        )

    return Baton(run, epochs=EPOCHS)


if __name__ == "__main__":
    main()

"""The method costs nothing: SEAL's step, memory and epochs against Keras'.

  python -m benchmarks.method [--turns=40]

The same model, optimizer, data and loss on both sides: `keras.Model` in plain
fit, and `SEALModel` with `SEALCallback` in an epoch of descent and in one of
ascent.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks import record, work
from benchmarks.batons import Baton
from benchmarks.noise import batch
from benchmarks.turns import by_turns
from seal_tf import SEALCallback, SEALModel

ARCHS = ("small", "resnet18", "resnet50")
# Epoch 0 of each generation ascends, but in the first.
SEAL = {"generations": 2, "epochs_per_generation": 2, "ascent_epochs": 1}
GOAL, MEMORY_GOAL = 1.02, 1.03


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=40)
    parser.add_argument("--memory_of", nargs=2, help="what a child is asked")
    asked = parser.parse_args()
    if asked.memory_of:
        print("peak", peak(*asked.memory_of))
        return
    rows, facts = [], {}
    for arch in ARCHS:
        sides = steps(arch)
        found = by_turns(sides, asked.turns * (3 if arch == "small" else 1))
        facts[arch] = found
        for phase in ("descent", "ascent"):
            rows.append(
                record.row(
                    f"a step of {arch} in {phase}, 64x64, batch 32",
                    "plain Keras",
                    found["ratio"][phase],
                    goal=GOAL,
                )
            )
    for arch in ARCHS:
        plain, seal = (memory(arch, side) for side in ("plain", "seal"))
        facts[f"peak_gb_{arch}"] = {"plain": plain, "seal": seal}
        rows.append(
            record.row(
                f"peak memory of a process that trains {arch}, batch 32",
                "plain Keras",
                seal / plain,
                goal=MEMORY_GOAL,
            )
        )
    found = by_turns(epochs(asked.turns), asked.turns, warm_up=3)
    facts["epochs"] = found
    rows.append(
        record.row(
            "a generation of fit, small, 64x64, 4 epochs of 15 steps of 32",
            "fit without the callback",
            found["ratio"]["with the callback"],
            goal=GOAL,
        )
    )
    record.write("method", "benchmarks.method", rows, **facts)


def seal_model(model):
    """The same network as a `SEALModel`, compiled alike."""
    seal = SEALModel(model.inputs, model.outputs)
    seal.compile_from_config(model.get_compile_config())
    seal.optimizer.build(seal.trainable_variables)
    return seal


def steps(arch):
    """A step of each side, each on a model of its own."""
    data = work.same_again(*batch())
    sides = {"plain Keras": work.step_of(work.compiled(arch), data)}
    for phase, epoch in (("descent", 1), ("ascent", 2)):
        model = seal_model(work.compiled(arch))
        callback = work.begun(SEALCallback(**SEAL), model, 4, 10**6)
        callback.on_epoch_begin(epoch)
        assert callback.plan.epoch(epoch).ascends == (phase == "ascent")
        sides[phase] = work.step_of(model, data)
    return sides


def epochs(turns):
    """A generation of `small` in two fits, with the callback and without.

    Of four epochs: an ascent, both switches, two resets.
    """

    def fit(callback):
        model = work.compiled("small")

        def run(callbacks):
            data = work.same_again(*batch())
            model.fit(
                data,
                steps_per_epoch=15,
                epochs=4 * (turns + 10),
                verbose=0,
                callbacks=[*callback, *callbacks],
            )

        return Baton(run, epochs=4)

    seal = SEALCallback(generations=turns + 10, epochs_per_generation=4)
    return {"without": fit([]), "with the callback": fit([seal])}


def memory(arch, side) -> float:
    """Peak GB of a process of its own."""
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.method", "--memory_of", arch, side],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return float(said.split("peak ")[1])


def peak(arch, side) -> float:
    """Trains 4 epochs of 6 steps; the process' peak in GB."""
    model = work.compiled(arch)
    callbacks = []
    if side == "seal":
        model, callbacks = seal_model(model), [SEALCallback(**SEAL)]
    model.fit(
        work.same_again(*batch()),
        steps_per_epoch=6,
        epochs=4,
        verbose=0,
        callbacks=callbacks,
    )
    return record.peak_gb()


if __name__ == "__main__":
    main()

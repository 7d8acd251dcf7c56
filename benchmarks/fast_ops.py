"""What each change to the step brings, alone and together.

  python -m benchmarks.fast_ops [--turns=30]

A training step of `small` and of ResNet-50 (64x64, batch 32), float32 and
bfloat16, against plain Keras with an SGD written as products and sums; each
side is a process of its own, so that threads and oneDNN can be set.
"""

from __future__ import annotations

import argparse

from benchmarks import record
from benchmarks.sides import Side, serve
from benchmarks.turns import by_turns

ARCHS, PRECISIONS = ("resnet50", "small"), ("float32", "mixed_bfloat16")
#: What a side does, and its environment.
TRIED = {
    "plain": {},
    "update in two passes": {},
    "fused batch normalization": {},
    "convolutions": {},
    "all three": {},
    "all three, 4 steps an execution": {},
    "all three, one operation at a time": {"TF_NUM_INTEROP_THREADS": "1"},
    "plain, without oneDNN": {"TF_ENABLE_ONEDNN_OPTS": "0"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=30)
    parser.add_argument("--side", nargs=3, help="be one of the sides")
    asked = parser.parse_args()
    if asked.side:
        serve(_step(*asked.side), _at_once(asked.side[-1]))
        return
    rows, facts = [], {}
    for arch in ARCHS:
        for precision in PRECISIONS:
            sides = {
                name: Side(
                    "benchmarks.fast_ops",
                    "--side",
                    arch,
                    precision,
                    name,
                    **env,
                )
                for name, env in TRIED.items()
            }
            found = by_turns(sides, asked.turns)
            for side in sides.values():
                side.close()
            facts[f"{arch} {precision}"] = found
            rows += [
                record.row(f"{arch}, {precision}: {name}", "plain Keras", ratio)
                for name, ratio in found["ratio"].items()
            ]
    record.write("fast_ops", "benchmarks.fast_ops", rows, **facts)


def _at_once(name):
    return 4 if "4 steps" in name else 1


def _step(arch, precision, name):
    import keras

    from benchmarks import work
    from benchmarks.noise import batch
    from seal_tf import FastOps
    from seal_tf.fast_ops.layer_patch import patch_layers
    from seal_tf.utils.patching import AttributePatcher

    class Products(work.SGD):
        """The same form, a product or a sum at a time."""

        def update_step(self, gradient, variable, learning_rate, l2_factor=1.0):
            velocity = self.velocities[self._get_variable_index(variable)]
            gradient = gradient + self.l2 * l2_factor * variable
            self.assign(velocity, velocity * self.momentum + gradient)
            self.assign_sub(variable, velocity * learning_rate)

    whole = name.startswith("all")
    ours = whole or "passes" in name
    optimizer = (work.SGD if ours else Products)(0.01, 0.9, l2=5e-4)
    model = work.compiled(
        arch,
        precision=precision,
        optimizer=optimizer,
        steps_per_execution=_at_once(name),
    )
    alone = {
        "convolutions": keras.layers.Conv2D,
        "fused batch normalization": keras.layers.BatchNormalization,
    }
    if name in alone:
        patch_layers(model, AttributePatcher(), kinds=[alone[name]])
    elif whole:
        work.begun(FastOps(), model, 1, 10**6)
    return work.step_of(model, work.same_again(*batch()))


if __name__ == "__main__":
    main()

"""A training step of ResNet-50, 64x64, batch 32, against PyTorch's.

  python -m benchmarks.against_torch [--turns=30]

Label smoothing, momentum, L2, accuracy counted; the same cores for all. The
sides called Keras have our SGD, and Keras' own operations in their layers. Each
side is a process of its own. PyTorch is the optional extra `benchmarks`.
"""

from __future__ import annotations

import argparse
import os
import sys

from benchmarks import record
from benchmarks.noise import batch
from benchmarks.sides import Side, serve
from benchmarks.turns import by_turns

#: Ours and theirs, with 200 classes.
PARAMETERS = 23_917_832
SIDES = {
    "PyTorch float32": ("torch", "float32"),
    "PyTorch bfloat16 autocast": ("torch", "bfloat16"),
    "Keras float32": ("keras", "float32"),
    "Keras mixed_bfloat16": ("keras", "mixed_bfloat16"),
    "ours float32": ("ours", "float32"),
    "ours mixed_bfloat16": ("ours", "mixed_bfloat16"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=30)
    parser.add_argument("--side", nargs=2, help="be one of the sides")
    asked = parser.parse_args()
    if asked.side:
        serve(_step(*asked.side))
        return
    sides = {
        name: Side("benchmarks.against_torch", "--side", *which)
        for name, which in SIDES.items()
    }
    pair = ("PyTorch bfloat16 autocast", "ours mixed_bfloat16")
    found = by_turns(sides, asked.turns, warm_up=3, also=[pair])
    for side in sides.values():
        side.close()
    question = "a step of ResNet-50, 64x64, batch 32"
    ratio = found["ratio"]
    rows = [
        record.row(
            f"{question}, float32",
            "PyTorch, float32",
            ratio["ours float32"],
            goal=1.0,
        ),
        record.row(
            f"{question}, `mixed_bfloat16`",
            "PyTorch, float32",
            ratio["ours mixed_bfloat16"],
            goal=0.7,
        ),
        record.row(
            f"{question}, `mixed_bfloat16`",
            "PyTorch, bfloat16 autocast",
            ratio[f"{pair[1]} / {pair[0]}"],
            goal=1.0,
        ),
    ]
    record.write("against_torch", "benchmarks.against_torch", rows, **found)


def _step(side, precision):
    if side == "torch":
        import torch

        from benchmarks import torch_step

        x, y = batch()
        torch.set_num_threads(os.cpu_count())
        torch.manual_seed(0)
        model = torch_step.resnet50(y.shape[1])
        assert sum(p.numel() for p in model.parameters()) == PARAMETERS
        return torch_step.step_of(model, x, y, precision == "bfloat16")
    from benchmarks import work
    from seal_tf import FastOps, GenerationCallback
    from seal_tf.schedules import Normal

    model = work.compiled("resnet50", precision=precision)
    if side == "ours":
        method = GenerationCallback(Normal(generations=1))
        method = work.begun(method, model, 1, 10**6)
        method.on_epoch_begin(0)
        work.begun(FastOps(), model, 1, 10**6)
    return work.step_of(model, work.same_again(*batch()))


if __name__ == "__main__":
    sys.exit(main())

"""Compare a training step of ResNet-50 (64x64, batch 32) with PyTorch's.

  python -m benchmarks.against_torch [--rounds=30]

All steps have label smoothing, momentum, L2 and an accuracy metric, and use
the same cores. The steps called Keras have seal_tf's SGD, and the layers have
Keras' own operations. Each step runs in a separate process. PyTorch is the
optional extra `benchmarks`.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.random_batch import random_batch
from benchmarks.result_file import create_row, write_result
from benchmarks.worker_process import WorkerProcess, serve_steps

#: Parameters of each network, with 200 classes.
PARAMETERS = 23_917_832
#: (library, precision) of each step, by name.
STEPS = {
    "PyTorch float32": ("torch", "float32"),
    "PyTorch bfloat16 autocast": ("torch", "bfloat16"),
    "Keras float32": ("keras", "float32"),
    "Keras mixed_bfloat16": ("keras", "mixed_bfloat16"),
    "seal_tf float32": ("seal_tf", "float32"),
    "seal_tf mixed_bfloat16": ("seal_tf", "mixed_bfloat16"),
}


def main() -> None:
    """Run the benchmark."""
    parser = create_parser(__doc__, rounds=30)
    parser.add_argument(
        "--worker",
        nargs=2,
        metavar=("LIBRARY", "PRECISION"),
        help="serve the steps of one library (internal)",
    )
    arguments = parser.parse_args()
    if arguments.worker:
        serve_steps(_step(*arguments.worker))
        return
    workers = {
        name: WorkerProcess("benchmarks.against_torch", "--worker", *step)
        for name, step in STEPS.items()
    }
    pair = ("PyTorch bfloat16 autocast", "seal_tf mixed_bfloat16")
    times = time_interleaved(
        workers, arguments.rounds, warm_up=3, extra_pairs=[pair]
    )
    for worker in workers.values():
        worker.close()
    measurement = "a step of ResNet-50, 64x64, batch 32"
    ratio = times["ratio"]
    rows = [
        create_row(
            f"{measurement}, float32",
            "PyTorch, float32",
            ratio["seal_tf float32"],
            goal=1.0,
        ),
        create_row(
            f"{measurement}, `mixed_bfloat16`",
            "PyTorch, float32",
            ratio["seal_tf mixed_bfloat16"],
            goal=0.7,
        ),
        create_row(
            f"{measurement}, `mixed_bfloat16`",
            "PyTorch, bfloat16 autocast",
            ratio[f"{pair[1]} / {pair[0]}"],
            goal=1.0,
        ),
    ]
    write_result("against_torch", rows, times)


def _step(library: str, precision: str) -> Callable[[], object]:
    if library == "torch":
        return _torch_step(precision)
    from benchmarks import training_steps
    from seal_tf import FastOps, GenerationCallback
    from seal_tf.schedules import Normal

    model = training_steps.compiled_model("resnet50", precision=precision)
    if library == "seal_tf":
        method = GenerationCallback(Normal(generations=1))
        method = training_steps.start_callback(method, model, 1, 10**6)
        method.on_epoch_begin(0)
        training_steps.start_callback(FastOps(), model, 1, 10**6)
    data = training_steps.repeat_batch(*random_batch())
    return training_steps.step_function(model, data)


def _torch_step(precision: str) -> Callable[[], object]:
    import torch

    from benchmarks import pytorch_step

    x, y = random_batch()
    torch.set_num_threads(os.cpu_count() or 1)
    torch.manual_seed(0)
    model = pytorch_step.resnet50(y.shape[1])
    assert sum(p.numel() for p in model.parameters()) == PARAMETERS
    return pytorch_step.step_function(model, x, y, precision == "bfloat16")


if __name__ == "__main__":
    main()

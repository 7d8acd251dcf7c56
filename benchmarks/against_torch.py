"""Compare training steps with PyTorch's, in its faster memory layout.

  python -m benchmarks.against_torch [--rounds=9] [--batches=32,128]

All steps have label smoothing, momentum, L2 and an accuracy metric, and use
the same cores. The steps called Keras have seal_tf's SGD, and the layers have
Keras' own operations. Each step runs in a separate process, by turns. PyTorch
is the optional extra `benchmarks`.

To imitate a CPU without AVX-512, hold the libraries to AVX2:

  ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2 \
    python -m benchmarks.against_torch --batches=32

The result is labelled as emulated, because TensorFlow's other operations
still use AVX-512.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.random_batch import CLASSES, random_batch
from benchmarks.result_file import Row, create_row, write_result
from benchmarks.worker_process import WorkerProcess, serve_steps

#: (network, height and width) that are compared in float32.
NETWORKS = (
    ("small", 32),
    ("resnet18", 32),
    ("resnet18", 64),
    ("resnet50", 64),
    ("wide_resnet16_4", 32),
)
#: (library, precision) of each step, by name; PyTorch's layouts first.
STEPS = {
    "PyTorch, channels last": ("torch_channels_last", "float32"),
    "PyTorch, channels first": ("torch_channels_first", "float32"),
    "Keras": ("keras", "float32"),
    "seal_tf": ("seal_tf", "float32"),
}
BFLOAT16_STEPS = {
    "PyTorch, bfloat16 autocast": ("torch_channels_last", "bfloat16"),
    "seal_tf, mixed_bfloat16": ("seal_tf", "mixed_bfloat16"),
}


def main() -> None:
    """Run the benchmark."""
    parser = create_parser(__doc__, rounds=9)
    parser.add_argument(
        "--batches", default="32,128", help="batch sizes (default: 32,128)"
    )
    parser.add_argument(
        "--worker",
        nargs=5,
        metavar=("LIBRARY", "PRECISION", "ARCH", "SIZE", "BATCH"),
        help="serve the steps of one library (internal)",
    )
    arguments = parser.parse_args()
    if arguments.worker:
        library, precision, arch, size, batch = arguments.worker
        serve_steps(_step(library, precision, arch, int(size), int(batch)))
        return
    batches = [int(b) for b in arguments.batches.split(",")]
    floors = _floors(batches)
    rows: list[Row] = []
    details: dict[str, Any] = {}
    for batch in batches:
        for arch, size in NETWORKS:
            name = f"{arch}, {size}x{size}, batch {batch}"
            times = _time(STEPS, (arch, size, batch), arguments.rounds)
            details[name] = times
            rows += _compare(name, times, floors[name])
    # Held to AVX2, oneDNN has no convolutions in bfloat16.
    if "ONEDNN_MAX_CPU_ISA" not in os.environ:
        times = _time(BFLOAT16_STEPS, ("resnet50", 64, 32), arguments.rounds)
        name = "resnet50, 64x64, batch 32, bfloat16"
        details[name] = times
        rows.append(
            create_row(
                name,
                "PyTorch, bfloat16 autocast",
                times["ratio"]["seal_tf, mixed_bfloat16"],
                goal=1.0,
            )
        )
    write_result("against_torch", rows, details)


def _compare(name: str, times: dict[str, Any], floor: Row) -> list[Row]:
    """The rows of one network: against PyTorch and against Keras."""
    seconds, ratio = times["median_seconds"], times["ratio"]
    first, last = list(STEPS)[:2]
    faster = min((first, last), key=lambda layout: seconds[layout])
    versus = "seal_tf" if faster == first else f"seal_tf / {last}"
    floor = {"seconds": seconds["seal_tf"], **floor}
    low, high = ratio[versus]["interval"]
    # A small network on shared cores: one run cannot tell the two apart.
    undecided = "the interval contains 1" if low <= 1 <= high else ""
    to_torch = create_row(name, faster, ratio[versus], goal=1.0, note=undecided)
    to_keras = create_row(name, "Keras", ratio["seal_tf / Keras"])
    return [row | {"floor": floor} for row in (to_torch, to_keras)]


def _time(
    steps: dict[str, tuple[str, str]],
    network: tuple[str, int, int],
    rounds: int,
) -> dict[str, Any]:
    workers = {
        name: WorkerProcess(
            "benchmarks.against_torch", "--worker", *step, *map(str, network)
        )
        for name, step in steps.items()
    }
    pairs = [
        (base, "seal_tf")
        for base in ("PyTorch, channels first", "Keras")
        if base in steps
    ]
    times = time_interleaved(workers, rounds, warm_up=1, extra_pairs=pairs)
    for worker in workers.values():
        worker.close()
    return times


def _floors(batches: list[int]) -> dict[str, dict[str, float]]:
    """The floor of each step, in seconds."""
    from benchmarks.floor import copy_rate, product_rate, step_floor
    from seal_tf import models

    products, copies = product_rate(), copy_rate()
    return {
        f"{arch}, {size}x{size}, batch {batch}": step_floor(
            models.build(arch, (size, size, 3), CLASSES),
            batch,
            products,
            copies,
        )
        for arch, size in NETWORKS
        for batch in batches
    }


def _step(
    library: str, precision: str, arch: str, size: int, batch: int
) -> Callable[[], object]:
    x, y = random_batch(batch, size)
    if library.startswith("torch"):
        import torch

        from benchmarks import pytorch_step, torch_networks

        torch.set_num_threads(os.cpu_count() or 1)
        torch.manual_seed(0)
        return pytorch_step.step_function(
            torch_networks.build(arch, size, y.shape[1]),
            x,
            y,
            precision == "bfloat16",
            library == "torch_channels_last",
        )
    from benchmarks import training_steps
    from seal_tf import FastOps, GenerationCallback
    from seal_tf.schedules import Normal

    model = training_steps.compiled_model(arch, size, precision=precision)
    callbacks = []
    if library == "seal_tf":
        method = GenerationCallback(Normal(generations=1))
        method = training_steps.start_callback(method, model, 1, 10**6)
        method.on_epoch_begin(0)
        fast_ops = FastOps(report=None)
        callbacks = [training_steps.start_callback(fast_ops, model, 1, 10**6)]
    data = training_steps.repeat_batch(x, y)
    return training_steps.step_function(model, data, callbacks)


if __name__ == "__main__":
    main()

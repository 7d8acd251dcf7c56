"""Measure the published network on a GPU: ResNet-50 at 64x64.

  python -m benchmarks.gpu [--batches=32,128,512,1024] [--rounds=20]

Prints a table of each batch size in float32 (with and without TF32) and
bfloat16, with and without XLA: images per second and the fraction of the
card's peak. Steps with images augmented on the host and on the device are
compared with steps on a cached batch. The last line is the time of the
published run at the best rate. Without a GPU the command prints so and stops.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import pipelines
from benchmarks import training_steps
from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.random_batch import random_batch
from benchmarks.result_file import Row, create_row, write_result
from pipelines.augmentation.recipe import Recipe
from pipelines.images import Images
from seal_tf import GenerationCallback
from seal_tf.schedules import Normal
from seal_tf.training import flops, layer_groups

#: Dense teraflop/s of the vendors' data sheets: float32, TF32, bfloat16.
PEAKS = {
    "H200": (67, 495, 989),
    "H100": (67, 495, 989),
    "A100": (19.5, 156, 312),
    "L40S": (91.6, 183, 362),
    "L4": (30.3, 60, 121),
    "RTX 4090": (82.6, 82.6, 165),
    "RTX 3090": (35.6, 35.6, 71),
}
PRECISIONS = ("float32", "TF32", "mixed_bfloat16")
#: Images of the published run: passes times training images.
PUBLISHED_IMAGES = 1_600 * 100_000


@dataclasses.dataclass(frozen=True)
class StepKind:
    """How a step computes.

    Args:
        arch: Name of the network.
        images: Images of a batch.
        precision: One of `PRECISIONS`.
        xla: Whether XLA compiles the step.
    """

    arch: str
    images: int
    precision: str
    xla: bool

    def __str__(self) -> str:
        return f"{self.precision}, XLA {'on' if self.xla else 'off'}"

    def create_model(self) -> keras.Model:
        """Return a compiled model."""
        bfloat16 = "bfloat16" in self.precision
        return training_steps.compiled_model(
            self.arch,
            precision=self.precision if bfloat16 else "float32",
            jit_compile=self.xla,
        )


def main() -> int:
    """Run the benchmark."""
    parser = create_parser(__doc__, rounds=20)
    parser.add_argument(
        "--batches",
        default="32,128,512,1024",
        help="batch sizes, separated by commas",
    )
    parser.add_argument("--arch", default="resnet50", help="name of a network")
    parser.add_argument(
        "--cpu",
        action="store_true",
        help="use the CPU, to try the command without a GPU",
    )
    arguments = parser.parse_args()
    cards = tf.config.list_physical_devices("GPU")
    if not cards and not arguments.cpu:
        print("no GPU on this machine: nothing to measure")
        return 0
    card = "CPU"
    if cards:
        card = tf.config.experimental.get_device_details(cards[0])[
            "device_name"
        ]
    print(f"{card}: a training step of {arguments.arch}, 64x64")
    rows: list[Row] = []
    details: dict[str, Any] = {"card": card}
    sizes = [int(size) for size in arguments.batches.split(",")]
    for images, precision in itertools.product(sizes, PRECISIONS):
        times = _time_steps(arguments.arch, images, precision, arguments.rounds)
        details[f"batch {images}, {precision}"] = times
        kind = StepKind(arguments.arch, images, precision, xla=True)
        rows += _rows(kind, card, times["median_seconds"])
    best = min(rows, key=lambda row: row["value"])
    published = create_row(
        "the published run, 1,600 passes over 100,000 images",
        f"computed from {best['measurement']}",
        PUBLISHED_IMAGES * best["value"] / 1e6 / 3600,
        unit="h",
        note="computed",
    )
    if cards:
        write_result("gpu", [*rows, published], details)
    print(
        f"{published['measurement']}: {published['value']:,.1f} h, "
        f"{published['baseline']}"
    )
    return 0


def _time_steps(
    arch: str, images: int, precision: str, rounds: int
) -> dict[str, Any]:
    """Time the steps of one batch size and precision."""
    use_tf32 = precision == "TF32"
    tf.config.experimental.enable_tensor_float_32_execution(use_tf32)
    kinds = [StepKind(arch, images, precision, xla) for xla in (False, True)]
    steps = {str(kind): _cached_step(kind) for kind in kinds}
    for device in ("host", "device"):
        name = f"{kinds[-1]}, augmented on the {device}"
        steps[name] = _pipeline_step(kinds[-1], device)
    times = time_interleaved(steps, rounds)
    steps.clear()
    keras.backend.clear_session()
    return times


def _rows(kind: StepKind, card: str, seconds: dict[str, float]) -> list[Row]:
    """Create and print the rows of one batch size and precision."""
    rows = []
    for name, step_seconds in seconds.items():
        rate = kind.images / step_seconds
        fraction = peak_fraction(kind.arch, card, kind.precision, rate)
        rows.append(
            create_row(
                f"{kind.arch}, batch {kind.images}, {name}",
                f"{rate:,.0f} images/s, {fraction}",
                1e6 / rate,
                unit="µs per image",
            )
        )
        print(f"  {rows[-1]['measurement']}: {rows[-1]['baseline']}")
    return rows


def _cached_step(kind: StepKind) -> Callable[[], None]:
    """Return a step on a cached batch."""
    data = training_steps.repeat_batch(*random_batch(kind.images))
    return training_steps.step_function(kind.create_model(), data)


def _pipeline_step(kind: StepKind, device: str) -> Callable[[], None]:
    """Return a step on images of the pipeline."""
    model, recipe = kind.create_model(), Recipe()
    on_device = device == "device"
    data = pipelines.training_batches(
        _random_images(max(4096, 2 * kind.images)),
        kind.images,
        seed=0,
        epochs=10**6,
        recipe=recipe,
        drop_remainder=True,
        on_device=on_device,
    )
    prepare = None
    if on_device:
        prepare = pipelines.batches.augment_on_device(recipe, kind.xla)
    method = GenerationCallback(Normal(generations=1), prepare=prepare)
    training_steps.start_callback(method, model, 1, 10**6).on_epoch_begin(0)
    return training_steps.step_function(model, data)


def _random_images(count: int) -> Images:
    rng = np.random.default_rng(0)
    return Images(
        "noise",
        rng.integers(0, 256, (count, 64, 64, 3), np.uint8),
        rng.integers(0, 200, count, np.int32),
        tuple(str(c) for c in range(200)),
    )


@functools.cache
def _forward_multiply_adds(arch: str) -> int:
    """Return the multiply-adds of the forward pass of one image."""
    model = training_steps.compiled_model(arch)
    partition = layer_groups.partition(model, 0.5)
    return sum(flops.group_multiply_adds(partition))


def peak_fraction(arch: str, card: str, precision: str, rate: float) -> str:
    """Return the fraction of the card's peak as text.

    A multiply-add counts as two operations, and a backward pass as two
    forward passes.

    Args:
        arch: Name of the network.
        card: Name of the card, as TensorFlow reports it.
        precision: One of `PRECISIONS`.
        rate: Images per second.
    """
    # Word boundaries: "L4" is not "L40".
    peaks = next(
        (p for name, p in PEAKS.items() if re.search(rf"\b{name}\b", card)),
        None,
    )
    # These variants are slower than the listed cards.
    if peaks is None or re.search(r"\b(PCIe|NVL)\b", card):
        return "unknown peak"
    operations = 3 * 2 * _forward_multiply_adds(arch) * rate
    peak = peaks[PRECISIONS.index(precision)] * 1e12
    return f"{operations / peak:.1%} of its peak"


if __name__ == "__main__":
    sys.exit(main())

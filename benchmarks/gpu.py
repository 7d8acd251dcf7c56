"""What a GPU makes of the published network: ResNet-50 at 64x64.

  python -m benchmarks.gpu [--batches=32,128,512,1024] [--turns=20]

Prints a table: XLA on and off, float32 (with TF32 and without), bfloat16,
each batch size; images/s, share of the card's peak, and how often a step with
images augmented on the host, and on the device, takes as long as one on a
kept batch; last, the hours of the published run at the best rate. Where
there is no GPU it says so.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import itertools
import re
import sys

import numpy as np
import tensorflow as tf

import pipelines
from benchmarks import record, work
from benchmarks.noise import batch
from benchmarks.turns import by_turns
from pipelines.augmentation.recipe import Recipe
from pipelines.images import Images
from seal_tf import GenerationCallback
from seal_tf.schedules import Normal
from seal_tf.training import layer_groups, multiply_adds

#: Dense teraflop/s by the vendors' data sheets: float32, TF32, bfloat16.
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
PUBLISHED = 1_600 * 100_000


@dataclasses.dataclass(frozen=True)
class Kind:
    """One way to take a step."""

    precision: str
    xla: bool

    def __str__(self):
        return f"{self.precision}, XLA {'on' if self.xla else 'off'}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", default="32,128,512,1024")
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--arch", default="resnet50")
    parser.add_argument(
        "--cpu", action="store_true", help="take the CPU, to try the command"
    )
    asked = parser.parse_args()
    cards = tf.config.list_physical_devices("GPU")
    if not cards and not asked.cpu:
        print("no GPU here: nothing to measure")
        return 0
    name = "CPU"
    if cards:
        name = tf.config.experimental.get_device_details(cards[0])[
            "device_name"
        ]
    print(f"{name}: a training step of {asked.arch}, 64x64")
    rows, facts = [], {"card": name}
    for images in (int(b) for b in asked.batches.split(",")):
        rows += _table(asked, images, name, facts)
    best = min(rows, key=lambda row: row["found"])
    hours = PUBLISHED * best["found"] / 1e6 / 3600
    published = record.row(
        "the published run, 1,600 passes over 100,000 images",
        f"computed from {best['question']}",
        hours,
        unit="h",
        note="computed",
    )
    if cards:
        record.write("gpu", "benchmarks.gpu", [*rows, published], **facts)
    print(f"{published['question']}: {hours:,.1f} h, {published['against']}")
    return 0


def _table(asked, images, card, facts):
    """The rows of one batch size, printed as they come."""
    rows = []
    for precision in PRECISIONS:
        tf32 = precision == "TF32"
        tf.config.experimental.enable_tensor_float_32_execution(tf32)
        kinds = [Kind(precision, xla) for xla in (False, True)]
        sides = {str(k): _step(asked.arch, k, images) for k in kinds}
        for side, where in itertools.product(kinds[-1:], ("host", "device")):
            sides[f"{side}, augmented on the {where}"] = _fed(
                asked.arch, side, images, where
            )
        found = by_turns(sides, asked.turns)
        facts[f"batch {images}, {precision}"] = found
        for name, seconds in found["median_seconds"].items():
            rate = images / seconds
            share = _share(asked.arch, card, precision, rate)
            rows.append(
                record.row(
                    f"{asked.arch}, batch {images}, {name}",
                    f"{rate:,.0f} images/s, {share}",
                    1e6 / rate,
                    unit="µs an image",
                )
            )
            print(f"  {rows[-1]['question']}: {rows[-1]['against']}")
        sides.clear()
        tf.keras.backend.clear_session()
    return rows


def _model(arch, kind):
    policy = kind.precision if "bfloat16" in kind.precision else "float32"
    return work.compiled(arch, precision=policy, xla=kind.xla)


def _step(arch, kind, images):
    return work.step_of(_model(arch, kind), work.same_again(*batch(images)))


def _fed(arch, kind, images, where):
    """A step that gets its images from the pipeline."""
    model, recipe = _model(arch, kind), Recipe()
    rng = np.random.default_rng(0)
    count = max(4096, 2 * images)
    noise = Images(
        "noise",
        rng.integers(0, 256, (count, 64, 64, 3), np.uint8),
        rng.integers(0, 200, count, np.int32),
        tuple(str(c) for c in range(200)),
    )
    on_device = where == "device"
    data = pipelines.training_batches(
        noise,
        images,
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
    work.begun(method, model, 1, 10**6).on_epoch_begin(0)
    return work.step_of(model, data)


@functools.cache
def _forward(arch):
    """Multiply-adds of an image's forward pass."""
    cut = layer_groups.partition(work.compiled(arch), 0.5)
    return sum(flops.group_multiply_adds(cut))


def _share(arch, card, precision, rate):
    """Share of the card's peak, a multiply-add as two operations."""
    # "L4" is no "L40"; "PCIe" and "NVL" are slower than what is listed.
    peaks = next(
        (p for name, p in PEAKS.items() if re.search(rf"\b{name}\b", card)),
        None,
    )
    if re.search(r"\b(PCIe|NVL)\b", card):
        peaks = None
    if peaks is None:
        return "peak not known"
    done = 3 * 2 * _forward(arch) * rate
    peak = peaks[PRECISIONS.index(precision)] * 1e12
    return f"{done / peak:.1%} of its peak"


if __name__ == "__main__":
    sys.exit(main())

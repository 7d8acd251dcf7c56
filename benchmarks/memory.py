"""Measure the memory of training on all of Tiny-ImageNet.

  python -m benchmarks.memory --data_dir=…/tiny-imagenet-200.zip

Separate processes train `small` for some steps on 1,000 and on all 100,000
images; the benchmark compares their peaks, and reports the memory of reading
alone. If the zip has fewer than 100,000 training images, the benchmark
creates one that repeats them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from benchmarks.arguments import create_parser
from benchmarks.result_file import create_row, write_result

FULL_IMAGES, SUBSET_IMAGES = 100_000, 1_000
#: Program of a process that measures its memory.
MEASURING_PROGRAM = """
import json, resource, sys
import tensorflow as tf
import pipelines
from benchmarks import training_steps
from benchmarks.machine import peak_memory_gb

def current_gb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e9

tf.constant(1)
memory = {"after_import": current_gb()}
images = pipelines.read("tiny_imagenet", "train", data_dir=sys.argv[1],
                        images_per_class=int(sys.argv[2]) or None)
memory |= {"images": len(images), "pixel_arrays": images.pixels.nbytes / 1e9,
           "peak_after_reading": peak_memory_gb(),
           "after_reading": current_gb()}
model = training_steps.compiled_model("small", classes=len(images.class_names))
batches = pipelines.training_batches(images, 128, seed=0, epochs=2)
model.fit(batches, steps_per_epoch=4, epochs=2, verbose=0)
memory |= {"peak_after_training": peak_memory_gb(),
           "after_training": current_gb()}
print("memory", json.dumps(memory))
"""


def main() -> None:
    """Run the benchmark."""
    parser = create_parser(__doc__)
    parser.add_argument(
        "--data_dir", required=True, help="zip of Tiny-ImageNet"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, classes = _full_size_zip(
            Path(arguments.data_dir), Path(folder) / "full.zip"
        )
        full = _measure(path, 0)
        subset = _measure(path, SUBSET_IMAGES // classes)
    rows = [
        create_row(
            f"peak memory of training on {full['images']:,} images of 64x64",
            f"training on {subset['images']:,} images",
            full["peak_after_training"] - subset["peak_after_training"],
            unit="GB",
            goal=1.4,
            note=f"the pixel arrays take {full['pixel_arrays']:.2f} GB",
        ),
        create_row(
            f"peak memory of reading {full['images']:,} JPEG files",
            "total",
            full["peak_after_reading"],
            unit="GB",
            goal=2.5,
        ),
        create_row(
            f"memory after reading {full['images']:,} images",
            "a process that has only imported TensorFlow",
            full["after_reading"] - full["after_import"],
            unit="GB",
            goal=1.4,
        ),
    ]
    write_result("memory", rows, {"full": full, "subset": subset})


def _measure(path: Path, images_per_class: int) -> dict[str, Any]:
    """Measure the memory of a process; 0 images per class for all."""
    output = subprocess.run(
        [
            sys.executable,
            "-c",
            MEASURING_PROGRAM,
            str(path),
            str(images_per_class),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return json.loads(output.split("memory ")[1])


def _full_size_zip(path: Path, target: Path) -> tuple[Path, int]:
    """Return a zip with enough training images, and its number of classes."""
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if not n.endswith("/")]
        training = [n for n in names if "/train/" in n and "images" in n]
        classes = len({n.split("/train/")[1].split("/")[0] for n in training})
        if len(training) >= FULL_IMAGES:
            return path, classes
        with zipfile.ZipFile(target, "w") as repeated:
            for name in set(names) - set(training):
                repeated.writestr(name, archive.read(name))
            for copy in range(FULL_IMAGES // len(training)):
                for name in training:
                    stem, suffix = name.rsplit(".", 1)
                    data = archive.read(name)
                    repeated.writestr(f"{stem}_{copy}.{suffix}", data)
    return target, classes


if __name__ == "__main__":
    main()

"""What training on a full Tiny-ImageNet takes in memory:

  python -m benchmarks.memory --data_dir=…/tiny-imagenet-200.zip

Trains `small` for some steps in a process of its own, on 1,000 images and on
all 100,000: their peaks, and what reading alone takes. From a zip of fewer
than 100,000 training images one is made that repeats them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from benchmarks import record

WHOLE, FEW = 100_000, 1_000
CHILD = """
import json, resource, sys
import tensorflow as tf
import pipelines
from benchmarks import work
from benchmarks.record import peak_gb as peak

def now():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e9

tf.constant(1)
found = {"empty": now()}
images = pipelines.read("tiny_imagenet", "train", data_dir=sys.argv[1],
                        images_per_class=int(sys.argv[2]) or None)
found |= {"images": len(images), "pixels": images.pixels.nbytes / 1e9,
          "peak_reading": peak(), "read": now()}
model = work.compiled("small", classes=len(images.class_names))
batches = pipelines.training_batches(images, 128, seed=0, epochs=2)
model.fit(batches, steps_per_epoch=4, epochs=2, verbose=0)
found |= {"peak_training": peak(), "training": now()}
print("found", json.dumps(found))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data_dir", required=True)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, classes = _whole(Path(asked.data_dir), Path(folder) / "whole.zip")
        whole, few = _child(path, 0), _child(path, FEW // classes)
    more = whole["peak_training"] - few["peak_training"]
    rows = [
        record.row(
            f"peak memory of training on {whole['images']:,} images of 64x64",
            f"over that of training on {few['images']:,}",
            more,
            unit="GB",
            goal=1.4,
            note=f"{whole['pixels']:.2f} GB of it are the pixels",
        ),
        record.row(
            f"peak memory of reading {whole['images']:,} JPEG files",
            "GB in all",
            whole["peak_reading"],
            unit="GB",
            goal=2.5,
        ),
        record.row(
            f"memory kept by {whole['images']:,} images that are read",
            "over a process that has only imported TensorFlow",
            whole["read"] - whole["empty"],
            unit="GB",
            goal=1.4,
        ),
    ]
    command = "benchmarks.memory --data_dir=…/tiny-imagenet-200.zip"
    record.write("memory", command, rows, whole=whole, few=few)


def _child(path, per_class):
    said = subprocess.run(
        [sys.executable, "-c", CHILD, str(path), str(per_class)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return json.loads(said.split("found ")[1])


def _whole(path, into):
    """(a zip of 100,000 training images, its classes); made where needed."""
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if not n.endswith("/")]
        training = [n for n in names if "/train/" in n and "images" in n]
        classes = len({n.split("/train/")[1].split("/")[0] for n in training})
        if len(training) >= WHOLE:
            return path, classes
        with zipfile.ZipFile(into, "w") as made:
            for name in set(names) - set(training):
                made.writestr(name, archive.read(name))
            for again in range(WHOLE // len(training)):
                for name in training:
                    stem, suffix = name.rsplit(".", 1)
                    data = archive.read(name)
                    made.writestr(f"{stem}_{again}.{suffix}", data)
    return into, classes


if __name__ == "__main__":
    main()

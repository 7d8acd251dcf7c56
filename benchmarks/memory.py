"""What a full Tiny-ImageNet takes in memory:

  python -m benchmarks.memory --data_dir=…/tiny-imagenet-200.zip

Reads the training split in a process of its own, and feeds an epoch of
batches from it; the process' peak and what it keeps, over one that has only
imported TensorFlow. From a zip of fewer than 100,000 training images one is
made that repeats them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from benchmarks.turns import write

WHOLE = 100_000
CHILD = """
import resource, sys
import tensorflow as tf
import pipelines

def now():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e9

tf.constant(1)
empty = now()
images = pipelines.read("tiny_imagenet", "train", data_dir=sys.argv[1])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
loaded = now()
batches = pipelines.training_batches(images, 128, seed=0, epochs=1)
for _ in batches:
    pass
print([len(images), images.pixels.nbytes / 1e9, empty, peak, loaded, now()])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data_dir", required=True)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = _whole(Path(asked.data_dir), Path(folder) / "whole.zip")
        said = subprocess.run(
            [sys.executable, "-c", CHILD, str(path)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    count, pixels, empty, peak, loaded, kept = json.loads(said.splitlines()[-1])
    found = {
        "images": count,
        "pixels_gb": pixels,
        "empty_process_gb": empty,
        "peak_while_loading_gb": peak,
        "kept_over_an_empty_process_gb": loaded - empty,
        "after_an_epoch_of_batches_gb": kept - empty,
        "ratio": {},
    }
    write("memory", "memory of a full Tiny-ImageNet's training split", found)
    for name, value in found.items():
        if name != "ratio":
            print(f"  {name}: {value:.3g}")


def _whole(path, into):
    """A zip of 100,000 training images, repeated where there are fewer."""
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if not n.endswith("/")]
        training = [n for n in names if "/train/" in n and "images" in n]
        if len(training) >= WHOLE:
            return path
        with zipfile.ZipFile(into, "w") as made:
            for name in set(names) - set(training):
                made.writestr(name, archive.read(name))
            for again in range(WHOLE // len(training)):
                for name in training:
                    stem, suffix = name.rsplit(".", 1)
                    data = archive.read(name)
                    made.writestr(f"{stem}_{again}.{suffix}", data)
    return into


if __name__ == "__main__":
    main()

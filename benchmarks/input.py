"""Is training ever kept waiting for its images?

  python -m benchmarks.input --data_dir=…/tiny-imagenet-200.zip

Four questions, each a ratio taken by turns: training batches (crop, flip,
normalise; 128 images) against the same done image by image with tf.image,
against our code as a plain graph, and against a PyTorch DataLoader with PIL
(where PyTorch is installed); what the other augmentations cost; the first
pass over JPEG files against tf.io.decode_jpeg alone; and how much of an epoch
of `small` is waiting.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import tensorflow as tf

import pipelines
from benchmarks import record, work
from benchmarks.batons import Baton
from benchmarks.turns import by_turns
from pipelines.augmentation.normalise import IMAGENET_MEAN, IMAGENET_STD
from pipelines.augmentation.recipe import Recipe
from pipelines.batches import on_host, training_batches
from seal_tf import FastOps

BATCH = 128
# So many that what a pipeline has ready before its turn hardly counts.
BATCHES = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data_dir", required=True)
    parser.add_argument("--turns", type=int, default=9)
    asked = parser.parse_args()
    images = pipelines.read("tiny_imagenet", "train", data_dir=asked.data_dir)
    rows, facts = [], {}
    for question in (batches, recipes, first_pass, waiting):
        found, mine = question(images, asked)
        facts[question.__name__] = found
        rows += mine
    command = "benchmarks.input --data_dir=…/tiny-imagenet-200.zip"
    record.write("input", command, rows, **facts)


def batches(images, asked):
    """Seconds of BATCHES batches, each way."""
    with tempfile.TemporaryDirectory() as folder:
        sides = {
            "ours": _take(_ours(images, Recipe())),
            "ours as a plain graph": _take(_plain(images)),
            "tf.image, image by image": _take(_one_by_one(images)),
        }
        try:
            import torch  # noqa: F401
        except ImportError:
            print("PyTorch is not installed: left out")
        else:
            files = _unpacked(asked.data_dir, folder)
            for workers in (0, 2):
                sides[f"PyTorch with PIL, {workers} workers"] = _torch(
                    files, workers
                )
        found = by_turns(sides, asked.turns, warm_up=1)
    seconds = found["median_seconds"]
    found["images_per_second"] = {
        name: round(BATCH * BATCHES / s) for name, s in seconds.items()
    }
    rate = found["images_per_second"]
    question = (
        f"batches of {BATCH} at 64x64, crop, flip, normalise: "
        f"{rate['ours']:,} images/s"
    )
    goals = {"tf.image, image by image": 4, "ours as a plain graph": None}
    rows = [
        record.row(
            question,
            f"{name}, {rate[name]:,} images/s: its time in ours",
            ratio,
            goal=(">=", goals.get(name, 15)) if goals.get(name, 15) else None,
        )
        for name, ratio in found["ratio"].items()
    ]
    return found, rows


def recipes(images, asked):
    """What the other augmentations cost, against crop and flip."""
    sides = {
        "crop and flip": Recipe(),
        "resized crop": Recipe(0, True, 0.08),
        "colour jitter": Recipe(color_jitter=0.4),
        "random erasing": Recipe(random_erasing=0.25),
        "MixUp and CutMix": Recipe(mixup_alpha=0.2, cutmix_alpha=1.0),
        "RandAugment, 2 operations": Recipe(randaugment=2),
    }
    functions = {n: _take(_ours(images, r), 40) for n, r in sides.items()}
    found = by_turns(functions, asked.turns, warm_up=1)
    found["images_per_second"] = {
        name: round(BATCH * 40 / s)
        for name, s in found["median_seconds"].items()
    }
    rate = found["images_per_second"]
    rows = [
        record.row(
            f"batches with {name}: {rate[name]:,} images/s",
            f"with crop and flip, {rate['crop and flip']:,} images/s",
            ratio,
        )
        for name, ratio in found["ratio"].items()
    ]
    return found, rows


def first_pass(images, asked):
    """Decoding the whole training split, from the zip into memory."""
    with zipfile.ZipFile(asked.data_dir) as archive:
        names = [n for n in archive.namelist() if "/train/" in n]
        data = [archive.read(n) for n in names if n.endswith(".JPEG")]

    def alone():
        decoded = (
            tf.data.Dataset.from_tensor_slices(data)
            .map(lambda x: tf.io.decode_jpeg(x, 3), tf.data.AUTOTUNE)
            .batch(256)
        )
        for _ in decoded:
            pass

    found = by_turns(
        {
            "tf.io.decode_jpeg alone": alone,
            "ours, from the zip": lambda: pipelines.read(
                "tiny_imagenet", "train", data_dir=asked.data_dir
            ),
        },
        asked.turns,
        warm_up=1,
    )
    found["images"] = len(data)
    row = record.row(
        f"first pass over {len(data):,} JPEG files, from the zip into memory",
        "`tf.io.decode_jpeg` alone, bytes in memory",
        found["ratio"]["ours, from the zip"],
        goal=1.25,
        note="decoding takes as long as `decode_jpeg` alone; the rest is "
        "listing and checking the zip's directory and handing its bytes out",
    )
    return found, [row]


def waiting(images, asked):
    """An epoch of `small`, from the pipeline and from one kept batch."""
    size, steps = 32, 60
    turns = 3 * asked.turns
    stream = training_batches(images, size, seed=0, epochs=10**4)
    kept = tf.data.Dataset.from_tensors(next(iter(stream))).repeat()

    def fit(data):
        model = work.compiled("small", classes=len(images.class_names))

        def run(callbacks):
            model.fit(
                data,
                steps_per_epoch=steps,
                epochs=turns + 10,
                verbose=0,
                callbacks=[FastOps(), *callbacks],
            )

        return Baton(run)

    sides = {"one kept batch": fit(kept), "the pipeline": fit(stream)}
    found = by_turns(sides, turns)
    row = record.row(
        f"an epoch of fit, small, {steps} steps of {size}, from the pipeline",
        "the same steps on one kept batch",
        found["ratio"]["the pipeline"],
        goal=1.02,
    )
    return found, [row]


def _take(data, count=BATCHES):
    iterator = iter(data)

    def run():
        for _ in range(count):
            next(iterator)

    return run


def _ours(images, recipe):
    return training_batches(
        images,
        BATCH,
        seed=0,
        epochs=10**6,
        recipe=recipe,
        drop_remainder=True,
    )


def _plain(images):
    """Our code, not compiled by XLA."""
    pixels, _ = on_host(images)
    recipe, labels = Recipe(), tf.zeros((BATCH, 1))

    def one(step):
        key = tf.stack([tf.cast(step, tf.int32), 1])
        chosen = tf.random.stateless_uniform(
            (BATCH,), key, 0, len(images), tf.int32
        )
        return recipe.apply(tf.gather(pixels, chosen), labels, key, xla=False)

    data = tf.data.Dataset.range(10**9).map(one, tf.data.AUTOTUNE)
    return data.prefetch(tf.data.AUTOTUNE)


def _one_by_one(images):
    """As tutorials have it: tf.image on every image, then a batch."""
    pixels, _ = on_host(images)
    mean, deviation = tf.constant(IMAGENET_MEAN), tf.constant(IMAGENET_STD)

    def one(i):
        image = tf.cast(pixels[i % len(images)], tf.float32) / 255
        image = tf.image.resize_with_crop_or_pad(image, 72, 72)
        image = tf.image.random_crop(image, (64, 64, 3))
        image = tf.image.random_flip_left_right(image)
        return (image - mean) / deviation

    data = tf.data.Dataset.range(10**9).map(one, tf.data.AUTOTUNE)
    return data.batch(BATCH).prefetch(tf.data.AUTOTUNE)


def _unpacked(path, folder):
    """The training images as files, which are then in the page cache."""
    with zipfile.ZipFile(path) as archive:
        names = [
            n
            for n in archive.namelist()
            if "/train/" in n and n.endswith(".JPEG")
        ]
        files = []
        for i, name in enumerate(names):
            files.append(Path(folder) / f"{i}.jpg")
            files[-1].write_bytes(archive.read(name))
    return files


class _Files:
    """A PyTorch data set of JPEG files: PIL, crop, flip, normalise."""

    def __init__(self, files):
        self.files = files
        self.mean = np.array(IMAGENET_MEAN, np.float32)
        self.deviation = np.array(IMAGENET_STD, np.float32)

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        import torch
        from PIL import Image, ImageOps

        with Image.open(self.files[index]) as image:
            image = ImageOps.expand(image.convert("RGB"), 4)
        top, left = torch.randint(9, (2,)).tolist()
        image = image.crop((left, top, left + 64, top + 64))
        if torch.rand(()) < 0.5:
            image = ImageOps.mirror(image)
        x = np.asarray(image, np.float32) / 255
        x = (x - self.mean) / self.deviation
        return torch.from_numpy(x.transpose(2, 0, 1).copy())


def _torch(files, workers):
    import torch

    loader = torch.utils.data.DataLoader(
        _Files(files),
        BATCH,
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    endless = itertools.chain.from_iterable(itertools.repeat(loader))

    def run():
        for _ in range(BATCHES):
            next(endless)

    return run


if __name__ == "__main__":
    main()

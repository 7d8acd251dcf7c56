"""Measure whether training waits for its images.

  python -m benchmarks.input --data_dir=…/tiny-imagenet-200.zip [--rounds=9]

Four comparisons:

- training batches (crop, flip, normalize; 128 images) with the same work
  image by image in tf.image, with the pipeline without XLA, and with a
  PyTorch DataLoader and PIL (if PyTorch is installed)
- other augmentations with crop and flip
- the first pass over JPEG files with tf.io.decode_jpeg alone
- an epoch of `small` from the pipeline with an epoch on a cached batch
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

import pipelines
from benchmarks import training_steps
from benchmarks.arguments import create_parser
from benchmarks.interleaved_timing import time_interleaved
from benchmarks.lockstep_fit import LockstepFit
from benchmarks.result_file import Row, create_row, write_result
from pipelines.augmentation.normalize import IMAGENET_MEAN, IMAGENET_STD
from pipelines.augmentation.recipe import Recipe
from pipelines.batches import training_batches
from pipelines.images import Images
from pipelines.io.decoding import DCT_METHOD
from pipelines.tf_data import host_tensors
from seal_tf import FastOps

if TYPE_CHECKING:
    import torch

BATCH = 128
#: Timed batches.
BATCHES = 300
#: Timed batches of each augmentation.
RECIPE_BATCHES = 40


def main() -> None:
    """Run the benchmark."""
    parser = create_parser(__doc__, rounds=9)
    parser.add_argument(
        "--data_dir", required=True, help="zip of Tiny-ImageNet"
    )
    arguments = parser.parse_args()
    images = pipelines.read(
        "tiny_imagenet", "train", data_dir=arguments.data_dir
    )
    rows, details = [], {}
    for compare in (batches, recipes, first_pass, input_wait):
        times, new_rows = compare(images, arguments)
        details[compare.__name__] = times
        rows += new_rows
    write_result("input", rows, details)


def batches(
    images: Images, arguments: argparse.Namespace
) -> tuple[dict[str, Any], list[Row]]:
    """Time BATCHES batches of each library."""
    with tempfile.TemporaryDirectory() as folder:
        functions = {
            "seal_tf": _consume(_pipeline(images, Recipe())),
            "seal_tf without XLA": _consume(_pipeline_without_xla(images)),
            "tf.image, image by image": _consume(_image_by_image(images)),
        }
        try:
            import torch  # noqa: F401
        except ImportError:
            print("PyTorch is not installed: its rows are omitted")
        else:
            files = _unpack(arguments.data_dir, folder)
            for workers in (0, 2):
                functions[f"PyTorch with PIL, {workers} workers"] = (
                    _torch_loader(files, workers)
                )
        times = time_interleaved(functions, arguments.rounds, warm_up=1)
    rates = times["images_per_second"] = {
        name: round(BATCH * BATCHES / seconds)
        for name, seconds in times["median_seconds"].items()
    }
    measurement = f"batches of {BATCH} at 64x64, crop, flip, normalize"
    goals = {"tf.image, image by image": 4, "seal_tf without XLA": None}
    rows = []
    for name, ratio in times["ratio"].items():
        goal = goals.get(name, 15)
        rows.append(
            create_row(
                measurement,
                f"{name}: its time relative to seal_tf",
                ratio,
                note=f"{rates[name]:,} images/s; seal_tf: {rates['seal_tf']:,}",
                goal=(">=", goal) if goal else None,
            )
        )
    return times, rows


def recipes(
    images: Images, arguments: argparse.Namespace
) -> tuple[dict[str, Any], list[Row]]:
    """Time the other augmentations."""
    baseline = "crop and flip"
    by_name = {
        baseline: Recipe(),
        "resized crop": Recipe(0, True, 0.08),
        "color jitter": Recipe(color_jitter=0.4),
        "random erasing": Recipe(random_erasing=0.25),
        "MixUp and CutMix": Recipe(mixup_alpha=0.2, cutmix_alpha=1.0),
        "RandAugment, 2 operations": Recipe(randaugment=2),
    }
    functions = {
        name: _consume(_pipeline(images, recipe), RECIPE_BATCHES)
        for name, recipe in by_name.items()
    }
    times = time_interleaved(functions, arguments.rounds, warm_up=1)
    rates = times["images_per_second"] = {
        name: round(BATCH * RECIPE_BATCHES / seconds)
        for name, seconds in times["median_seconds"].items()
    }
    rows = [
        create_row(
            f"batches with {name}",
            f"with {baseline}",
            ratio,
            note=f"{rates[name]:,} images/s; {baseline}: {rates[baseline]:,}",
        )
        for name, ratio in times["ratio"].items()
    ]
    return times, rows


def first_pass(
    images: Images, arguments: argparse.Namespace
) -> tuple[dict[str, Any], list[Row]]:
    """Time decoding the whole training split, from the zip into memory."""
    with zipfile.ZipFile(arguments.data_dir) as archive:
        names = [n for n in archive.namelist() if "/train/" in n]
        data = [archive.read(n) for n in names if n.endswith(".JPEG")]

    def decode_only() -> None:
        decoded = (
            tf.data.Dataset.from_tensor_slices(data)
            .map(
                lambda x: tf.io.decode_jpeg(x, 3, dct_method=DCT_METHOD),
                tf.data.AUTOTUNE,
            )
            .batch(256)
        )
        for _ in decoded:
            pass

    times = time_interleaved(
        {
            "tf.io.decode_jpeg alone": decode_only,
            "seal_tf, from the zip": lambda: pipelines.read(
                "tiny_imagenet", "train", data_dir=arguments.data_dir
            ),
        },
        arguments.rounds,
        warm_up=1,
    )
    times["images"] = len(data)
    row = create_row(
        f"first pass over {len(data):,} JPEG files, from the zip into memory",
        "`tf.io.decode_jpeg` alone, bytes in memory",
        times["ratio"]["seal_tf, from the zip"],
        goal=1.25,
        note="decoding takes as long as `decode_jpeg` alone; before it, one "
        "core lists and checks the directory of the zip and builds the "
        "pipeline",
    )
    return times, [row]


def input_wait(
    images: Images, arguments: argparse.Namespace
) -> tuple[dict[str, Any], list[Row]]:
    """Time an epoch of `small` from the pipeline and on a cached batch."""
    # So many steps that the batches prefetched before, about a dozen, do not
    # matter.
    size, steps = 32, 300
    rounds = arguments.rounds
    pipeline = training_batches(images, size, seed=0, epochs=10**4)
    cached = tf.data.Dataset.from_tensors(next(iter(pipeline))).repeat()

    def start_fit(data: tf.data.Dataset) -> LockstepFit:
        model = training_steps.compiled_model(
            "small", classes=len(images.class_names)
        )

        def fit(callbacks: list[keras.callbacks.Callback]) -> None:
            model.fit(
                data,
                steps_per_epoch=steps,
                epochs=rounds + 10,
                verbose=0,
                callbacks=[FastOps(), *callbacks],
            )

        return LockstepFit(fit)

    fits = {
        "one cached batch": start_fit(cached),
        "the pipeline": start_fit(pipeline),
    }
    times = time_interleaved(fits, rounds)
    row = create_row(
        f"an epoch of fit from the pipeline; `small`, {steps} steps, batch "
        f"{size}",
        "the same steps on one cached batch",
        times["ratio"]["the pipeline"],
        goal=1.02,
    )
    return times, [row]


def _consume(data: Iterable[Any], count: int = BATCHES) -> Callable[[], float]:
    """Return a function that times some batches after the first one.

    Each call begins a new iteration, so that nothing is prefetched while
    another function is timed.
    """

    def consume() -> float:
        iterator = iter(data)
        next(iterator)
        start = time.perf_counter()
        for _ in range(count):
            next(iterator)
        return time.perf_counter() - start

    return consume


def _pipeline(images: Images, recipe: Recipe) -> tf.data.Dataset:
    return training_batches(
        images,
        BATCH,
        seed=0,
        epochs=10**6,
        recipe=recipe,
        drop_remainder=True,
    )


def _pipeline_without_xla(images: Images) -> tf.data.Dataset:
    pixels, _ = host_tensors(images)
    recipe, labels = Recipe(), tf.zeros((BATCH, 1))

    def create_batch(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        key = tf.stack([tf.cast(step, tf.int32), 1])
        indices = tf.random.stateless_uniform(
            (BATCH,), key, 0, len(images), tf.int32
        )
        return recipe.apply(tf.gather(pixels, indices), labels, key, xla=False)

    data = tf.data.Dataset.range(10**9).map(create_batch, tf.data.AUTOTUNE)
    return data.prefetch(tf.data.AUTOTUNE)


def _image_by_image(images: Images) -> tf.data.Dataset:
    """Batches as in tutorials: tf.image on each image, then `batch`."""
    pixels, _ = host_tensors(images)
    mean, deviation = tf.constant(IMAGENET_MEAN), tf.constant(IMAGENET_STD)

    def augment(index: tf.Tensor) -> tf.Tensor:
        image = tf.cast(pixels[index % len(images)], tf.float32) / 255
        image = tf.image.resize_with_crop_or_pad(image, 72, 72)
        image = tf.image.random_crop(image, (64, 64, 3))
        image = tf.image.random_flip_left_right(image)
        return (image - mean) / deviation

    data = tf.data.Dataset.range(10**9).map(augment, tf.data.AUTOTUNE)
    return data.batch(BATCH).prefetch(tf.data.AUTOTUNE)


def _unpack(path: str, folder: str) -> list[Path]:
    """Write the training images as files, which fills the page cache."""
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


class _JpegFiles:
    """A PyTorch data set of JPEG files: PIL, crop, flip, normalize.

    Args:
        files: The files.
    """

    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.mean = np.array(IMAGENET_MEAN, np.float32)
        self.deviation = np.array(IMAGENET_STD, np.float32)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> torch.Tensor:
        import torch
        from PIL import Image, ImageOps

        with Image.open(self.files[index]) as file:
            image = ImageOps.expand(file.convert("RGB"), 4)
        y, x = torch.randint(9, (2,)).tolist()
        image = image.crop((x, y, x + 64, y + 64))
        if torch.rand(()) < 0.5:
            image = ImageOps.mirror(image)
        pixels = np.asarray(image, np.float32) / 255
        pixels = (pixels - self.mean) / self.deviation
        return torch.from_numpy(pixels.transpose(2, 0, 1).copy())


def _torch_loader(files: list[Path], workers: int) -> Callable[[], float]:
    import torch

    loader = torch.utils.data.DataLoader(
        _JpegFiles(files),
        BATCH,
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    return _consume(_Repeated(loader))


class _Repeated:
    """A loader, again and again.

    Args:
        loader: The loader.
    """

    def __init__(self, loader: Iterable[Any]) -> None:
        self._loader = loader

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(itertools.repeat(self._loader))


if __name__ == "__main__":
    main()

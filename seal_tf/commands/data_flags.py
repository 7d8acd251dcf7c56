"""The flags that say which images. Imports no TensorFlow."""

from __future__ import annotations

import dataclasses
import sys
import time

from absl import flags as absl_flags

import pipelines
from seal_tf.commands.progress import Progress


def define(values, dataset="tiny_imagenet") -> None:
    """Defines the flags of a data set on `values`.

    Args:
        values: The `absl.flags.FlagValues`.
        dataset: Default of `--dataset`.
    """
    absl_flags.DEFINE_enum(
        "dataset",
        dataset,
        list(pipelines.NAMES),
        "data set",
        flag_values=values,
    )
    absl_flags.DEFINE_string(
        "data_dir",
        None,
        "folder or zip of the data set, for those that need one",
        flag_values=values,
    )
    absl_flags.DEFINE_integer(
        "classes",
        None,
        "use only the first so many classes",
        flag_values=values,
    )
    absl_flags.DEFINE_integer(
        "skip_classes",
        0,
        "leave out so many classes, from the first",
        0,
        flag_values=values,
    )
    absl_flags.DEFINE_integer(
        "images_per_class",
        None,
        "use only the first so many training images of each class",
        flag_values=values,
    )
    absl_flags.DEFINE_integer(
        "image_size",
        None,
        "height and width in pixels; other sizes are resized (default: as "
        "the images are)",
        4,
        flag_values=values,
    )
    _define_reading(values)


def _define_reading(values):
    absl_flags.DEFINE_float(
        "split_fraction",
        None,
        "of an image_folder that is one folder of classes: the share of each "
        "class that is held out for validation, by the hash of the name",
        flag_values=values,
    )
    absl_flags.DEFINE_bool(
        "skip_damaged",
        False,
        "leave out images that cannot be decoded, and say how many",
        flag_values=values,
    )
    absl_flags.DEFINE_float(
        "cache_memory",
        8.0,
        "GB of decoded images of a split that are kept in memory; a larger "
        "split is decoded once into a file and mapped",
        0.0,
        flag_values=values,
    )
    absl_flags.DEFINE_string(
        "image_cache",
        None,
        "folder for such files (default: ~/.cache/seal_tf/images)",
        flag_values=values,
    )


def recipe(flags):
    """The augmentation that the flags of training say.

    Raises:
        pipelines.DataError: a number is out of its range.
    """
    from pipelines.augmentation.recipe import Recipe

    names = [field.name for field in dataclasses.fields(Recipe)]
    return Recipe(**{name: flags[name].value for name in names})


def class_weight(flags, train):
    """`--balance_classes`: by label, inverse to the class' images."""
    if not flags.balance_classes:
        return None
    import numpy as np

    counts = np.bincount(train.labels, minlength=len(train.class_names))
    weights = len(train) / (len(counts) * counts)
    return dict(enumerate(weights.tolist()))


def read(flags, image_size=None):
    """Both splits, of images of one shape.

    Args:
        flags: Parsed flags.
        image_size: Height and width in pixels; None: `--image_size`.

    Returns:
        (training images, validation images).

    Raises:
        pipelines.DataError: as `pipelines.read`, or the shapes differ.
    """
    print(f"reading {flags.dataset}", flush=True)
    began = time.monotonic()
    train, validation = (
        pipelines.read(
            flags.dataset,
            split,
            data_dir=flags.data_dir,
            classes=flags.classes,
            skip_classes=flags.skip_classes,
            images_per_class=flags.images_per_class,
            image_size=image_size or flags.image_size,
            split_fraction=flags.split_fraction,
            skip_damaged=flags.skip_damaged,
            cache_memory=flags.cache_memory * 1e9,
            cache_dir=flags.image_cache,
            progress=_progress(flags, split),
        )
        for split in ("train", "validation")
    )
    if train.image_shape != validation.image_shape:
        raise pipelines.DataError(
            f"{flags.dataset}: training images are {train.image_shape}, "
            f"validation images {validation.image_shape}: give --image_size."
        )
    for images in (train, validation):
        if images.damaged:
            print(
                f"{images.name}: {len(images.damaged):,} damaged images left "
                f"out, {images.damaged[0]} the first"
            )
    print(
        f"{len(train):,} training and {len(validation):,} validation images, "
        f"{len(train.class_names)} classes, {train.image_shape}, in "
        f"{time.monotonic() - began:.1f} s"
    )
    return train, validation


def _progress(flags, split):
    """A bar on a terminal, as decoding may take minutes; else nothing."""
    shown = flags.progress
    if shown == "bar" or (shown == "auto" and sys.stdout.isatty()):
        return Progress(f"decoding {flags.dataset} {split}", bar=True)
    return lambda done, total: None

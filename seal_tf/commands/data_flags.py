"""The flags that say which images. Imports no TensorFlow."""

from __future__ import annotations

import time

from absl import flags as absl_flags

import pipelines


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


def read(flags, image_size=None):
    """Both splits in memory, of images of one shape.

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
        )
        for split in ("train", "validation")
    )
    if train.image_shape != validation.image_shape:
        raise pipelines.DataError(
            f"{flags.dataset}: training images are {train.image_shape}, "
            f"validation images {validation.image_shape}: give --image_size."
        )
    print(
        f"{len(train):,} training and {len(validation):,} validation images, "
        f"{len(train.class_names)} classes, {train.image_shape}, in "
        f"{time.monotonic() - began:.1f} s"
    )
    return train, validation

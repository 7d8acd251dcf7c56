"""The flags that select images. This module imports no TensorFlow."""

from __future__ import annotations

import dataclasses
import time
import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from absl import flags as absl_flags

import pipelines
from pipelines.errors import DataNotPreparedError
from seal_tf.cli.progress import Progress, display_mode
from seal_tf.utils.image_folder_name import image_folder_name
from seal_tf.utils.progress import ProgressCallback, ignore_progress

if TYPE_CHECKING:
    from pipelines.images import Images


@dataclasses.dataclass(frozen=True)
class DataSettings:
    """Which images a command reads.

    Args:
        dataset: Name of the data set, one of `pipelines.DATA_SET_NAMES`.
        data_dir: Folder or zip of the data set, or None.
        classes: Number of classes to use, from the first; None for all.
        skip_classes: Number of classes to skip, from the first.
        images_per_class: Training images per class; None for all.
        images_per_class_seed: Seed of their choice; None for the first.
        image_size: Height and width in pixels; None keeps the images' size.
        split_fraction: Validation fraction of a folder without splits.
        skip_damaged: Whether to leave out images that cannot be decoded.
        cache_memory: Decoded images of a split to keep in memory, in GB.
        image_cache: Folder for larger splits, or None for the default.
        show_bar: Whether to draw a bar while images are decoded.
    """

    dataset: str
    data_dir: str | None = None
    classes: int | None = None
    skip_classes: int = 0
    images_per_class: int | None = None
    images_per_class_seed: int | None = None
    image_size: int | None = None
    split_fraction: float | None = None
    skip_damaged: bool = False
    cache_memory: float = 8.0
    image_cache: str | None = None
    show_bar: bool = False

    @classmethod
    def from_flags(cls, flags: absl_flags.FlagValues) -> DataSettings:
        """Return the settings of parsed flags."""
        names = {f.name for f in dataclasses.fields(cls)} - {"show_bar"}
        values: dict[str, Any] = {name: flags[name].value for name in names}
        return cls(
            **values,
            show_bar=display_mode(flags.progress) == "bar",
        )

    def label(self, num_classes: int) -> str:
        """Return the name of the data in tables.

        Args:
            num_classes: Number of classes that were read.
        """
        name = self.dataset
        if name == "image_folder" and self.data_dir is not None:
            name = image_folder_name(self.data_dir)
        if self.classes or self.skip_classes:
            first = self.skip_classes + 1
            name += f", classes {first} to {self.skip_classes + num_classes}"
        if self.images_per_class:
            name += f", {self.images_per_class} a class"
        if self.images_per_class_seed is not None:
            name += f", choice {self.images_per_class_seed}"
        return name


#: Of a folder without splits, the fraction that is held out for validation.
FOLDER_SPLIT_FRACTION = 0.2
#: Height and width of images whose sizes differ.
FOLDER_IMAGE_SIZE = 64


def complete_split(settings: DataSettings) -> DataSettings:
    """Choose the validation fraction of an image folder without splits.

    Args:
        settings: Which images to read.

    Returns:
        The settings; only a missing fraction of such a folder changes, and
        is printed.

    Raises:
        pipelines.DataError: If the folder cannot be read.
    """
    if (
        settings.dataset != "image_folder"
        or settings.split_fraction is not None
    ):
        return settings
    from pipelines.sources.image_folder import has_split_folders

    if has_split_folders(settings.data_dir):
        return settings
    print(
        "the folder has no train/ and val/: "
        f"--split_fraction={FOLDER_SPLIT_FRACTION} of each class is held out "
        "for validation"
    )
    return dataclasses.replace(settings, split_fraction=FOLDER_SPLIT_FRACTION)


def complete_size(settings: DataSettings) -> DataSettings:
    """Choose the size of an image folder whose images differ in size.

    Args:
        settings: Which images to read, from `complete_split`.

    Returns:
        The settings; only a missing size of such a folder changes, and is
        printed.

    Raises:
        pipelines.DataError: If the folder cannot be read.
    """
    if settings.dataset != "image_folder" or settings.image_size:
        return settings
    from pipelines.sources import image_folder

    split = image_folder.open_split(
        "train",
        data_dir=settings.data_dir,
        data_set=pipelines.DATA_SETS[settings.dataset],
        split_fraction=settings.split_fraction,
    )
    if image_folder.have_equal_sizes(split):
        return settings
    print(
        "the images have different sizes: "
        f"--image_size={FOLDER_IMAGE_SIZE} resizes them"
    )
    return dataclasses.replace(settings, image_size=FOLDER_IMAGE_SIZE)


def fingerprints(splits: Iterable[Images]) -> list[dict[str, Any]]:
    """Return a fingerprint of each split, as in `data.json` of a run."""
    return [
        {
            "name": images.name,
            "classes": list(images.class_names),
            "images": len(images),
            "crc32": images.crc32,
            **(
                {"label_noise": dataclasses.asdict(images.label_noise)}
                if images.label_noise
                else {}
            ),
        }
        for images in splits
    ]


def define_data_flags(
    flags: absl_flags.FlagValues, dataset: str = "tiny_imagenet"
) -> None:
    """Define the flags of `DataSettings`.

    Args:
        flags: Registry of the flags.
        dataset: Default of `--dataset`.
    """
    absl_flags.DEFINE_enum(
        "dataset",
        dataset,
        list(pipelines.DATA_SET_NAMES),
        "data set",
        flag_values=flags,
    )
    absl_flags.DEFINE_string(
        "data_dir",
        None,
        "folder or zip of the data set, for data sets that need one",
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "classes",
        None,
        "number of classes to use, from the first",
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "skip_classes",
        0,
        "number of classes to skip, from the first",
        0,
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "images_per_class",
        None,
        "number of training images per class to use, from the first",
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "images_per_class_seed",
        None,
        "choose the images of --images_per_class at random, with this seed; "
        "a smaller choice is part of a larger one",
        0,
        flag_values=flags,
    )
    absl_flags.DEFINE_integer(
        "image_size",
        None,
        "height and width in pixels; other sizes are resized (default: the "
        f"size of the images; {FOLDER_IMAGE_SIZE} if the sizes in an "
        "image_folder differ)",
        4,
        flag_values=flags,
    )
    _define_reading(flags)


def _define_reading(flags: absl_flags.FlagValues) -> None:
    absl_flags.DEFINE_float(
        "split_fraction",
        None,
        "for an image_folder without splits: fraction of each class that is "
        "held out for validation, by the hash of the file name (default: "
        f"{FOLDER_SPLIT_FRACTION})",
        flag_values=flags,
    )
    absl_flags.DEFINE_bool(
        "skip_damaged",
        False,
        "leave out images that cannot be decoded, and print their number",
        flag_values=flags,
    )
    absl_flags.DEFINE_float(
        "cache_memory",
        8.0,
        "decoded images of a split to keep in memory, in GB; a larger split "
        "is decoded once into a memory-mapped file",
        0.0,
        flag_values=flags,
    )
    absl_flags.DEFINE_string(
        "image_cache",
        None,
        "folder for such files (default: ~/.cache/seal_tf/images)",
        flag_values=flags,
    )


def read_splits(
    settings: DataSettings,
    image_size: int | None = None,
    check: Callable[[], object] = lambda: None,
) -> tuple[Images, Images]:
    """Read both splits, with images of one shape.

    Args:
        settings: Which images to read.
        image_size: Height and width in pixels; None uses the settings'.
        check: Called while images are read; it may raise.

    Returns:
        (training images, validation images).

    Raises:
        pipelines.DataError: If the images cannot be read, or the shapes of
            the splits differ.
    """
    settings = complete_split(settings)
    print(f"reading {settings.dataset}", flush=True)
    start = time.monotonic()
    try:
        # The omissions are printed below.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pipelines.DataWarning)
            train, validation = (
                _read_split(settings, split, image_size, check)
                for split in ("train", "validation")
            )
    except DataNotPreparedError as error:
        raise pipelines.DataError(
            f"{error} To prepare it: python -m seal_tf.prepare_data "
            f"--dataset={error.data_set_name} "
            f"--data_dir={error.data_dir or 'DIR'}"
        ) from error
    if train.image_shape != validation.image_shape:
        raise pipelines.DataError(
            f"{settings.dataset}: the training images have shape "
            f"{train.image_shape} and the validation images "
            f"{validation.image_shape}. Set `image_size`."
        )
    for images in (train, validation):
        for omission in images.omissions:
            print(f"{images.name}: left out {omission}")
        if images.damaged:
            print(
                f"{images.name}: left out {len(images.damaged):,} damaged "
                f"images; the first is {images.damaged[0]}"
            )
    print(
        f"{len(train):,} training and {len(validation):,} validation images, "
        f"{len(train.class_names)} classes, {train.image_shape}, in "
        f"{time.monotonic() - start:.1f} s"
    )
    return train, validation


def _read_split(
    settings: DataSettings,
    split: str,
    image_size: int | None,
    check: Callable[[], object],
) -> Images:
    show = _decoding_progress(settings, split)

    def progress(completed: int, count: int) -> None:
        check()
        show(completed, count)

    check()
    return pipelines.read(
        settings.dataset,
        split,
        data_dir=settings.data_dir,
        classes=settings.classes,
        skip_classes=settings.skip_classes,
        images_per_class=settings.images_per_class,
        images_per_class_seed=settings.images_per_class_seed,
        image_size=image_size or settings.image_size,
        split_fraction=settings.split_fraction,
        skip_damaged=settings.skip_damaged,
        cache_memory=settings.cache_memory * 1e9,
        cache_dir=settings.image_cache,
        progress=progress,
    )


def _decoding_progress(settings: DataSettings, split: str) -> ProgressCallback:
    """A bar if decoding may take minutes on a terminal; else nothing."""
    if settings.show_bar:
        return Progress(f"decoding {settings.dataset} {split}", bar=True)
    return ignore_progress

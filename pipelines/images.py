"""A decoded split of a data set."""

from __future__ import annotations

import dataclasses
import functools
import zlib

import numpy as np

from pipelines.omissions import Omission


@dataclasses.dataclass(frozen=True)
class LabelNoise:
    """A record of labels that were replaced; see `pipelines.label_noise`.

    Args:
        share: Fraction of the labels that were replaced.
        seed: Seed of the choice.
        replaced: Number of labels that were replaced.
        labels_crc32: CRC-32 checksum of the labels with noise.
    """

    share: float
    seed: int
    replaced: int
    labels_crc32: int


@dataclasses.dataclass(frozen=True)
class Images:
    """Decoded images and their labels.

    Args:
        name: Name of the data set and the split, for messages.
        pixels: uint8 array of shape [images, height, width, channels].
        labels: int32 array of shape [images], indices into `class_names`.
        class_names: Names of the classes, in the order of their labels.
        damaged: Files that could not be decoded and were left out. Defaults
            to no files.
        omissions: Files that are not part of the split, such as files
            without the suffix of an image. Defaults to none.
        class_words: The classes in words, in the order of their labels, for
            a data set whose names are codes. Defaults to none.
        label_noise: Record of the labels that were replaced, or None, the
            default.

    Example:
        >>> import numpy as np
        >>> from pipelines.images import Images
        >>> pixels = np.zeros((2, 8, 8, 3), "uint8")
        >>> labels = np.array([0, 1], "int32")
        >>> images = Images("zeros", pixels, labels, ("cat", "dog"))
        >>> len(images), images.image_shape
        (2, (8, 8, 3))
    """

    name: str
    pixels: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    damaged: tuple[str, ...] = ()
    omissions: tuple[Omission, ...] = ()
    label_noise: LabelNoise | None = None
    class_words: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.labels)

    @functools.cached_property
    def crc32(self) -> int:
        """CRC-32 checksum of all pixels, computed on first access."""
        return zlib.crc32(np.ascontiguousarray(self.pixels).data)

    @property
    def display_names(self) -> tuple[str, ...]:
        """The classes in words where they are known, for people to read."""
        return self.class_words or self.class_names

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Shape of an image: (height, width, channels)."""
        height, width, channels = self.pixels.shape[1:]
        return height, width, channels

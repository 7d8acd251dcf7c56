"""A split of a data set, decoded: what every source gives."""

from __future__ import annotations

import dataclasses
import functools
import zlib

import numpy as np


@dataclasses.dataclass(frozen=True)
class Images:
    """Decoded images and their labels.

    Args:
        name: Data set and split, for messages.
        pixels: uint8 [images, height, width, channels].
        labels: int32 [images], indices into `class_names`.
        class_names: Names of the classes, in the order of their labels.
        damaged: Files that could not be decoded and were left out.
    """

    name: str
    pixels: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    damaged: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @functools.cached_property
    def crc32(self) -> int:
        """Of the pixels; computed once, over all of them."""
        return zlib.crc32(np.ascontiguousarray(self.pixels).data)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.pixels.shape[1:]

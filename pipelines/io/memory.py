"""Memory that TensorFlow uses without a copy."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

#: Alignment in bytes that TensorFlow requires to use memory without a copy.
ALIGNMENT = 64
#: Smaller parts of a mapped file are copied to memory.
SMALL_BYTES = 2**26


def empty_beside(pixels: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Create an uninitialized array for some rows of another one.

    Args:
        pixels: The other array, in memory or mapped from a file.
        shape: Shape of the new array.

    Returns:
        The uint8 array, aligned as by `aligned_empty`. If `pixels` is mapped
        from a file and the new array is not small, it is mapped from an
        unnamed temporary file in the same folder, which disappears with it.

    Raises:
        OSError: The disk is full.
    """
    name = getattr(pixels, "filename", None)
    size = math.prod(shape)
    if name is None or size <= SMALL_BYTES:
        return aligned_empty(shape)
    with tempfile.TemporaryFile(dir=Path(name).parent) as file:
        # On a full disk, a write to mapped memory would end the process.
        os.posix_fallocate(file.fileno(), 0, size)
        return np.memmap(file, np.uint8, "r+", shape=tuple(shape))


def aligned_empty(shape: Sequence[int]) -> np.ndarray:
    """Create an uninitialized uint8 array, aligned to `ALIGNMENT` bytes.

    Args:
        shape: Shape of the array.

    Returns:
        The array, whose memory TensorFlow uses without a copy.
    """
    count = math.prod(shape)
    memory = np.empty(count + ALIGNMENT, np.uint8)
    offset = -memory.ctypes.data % ALIGNMENT
    return memory[offset : offset + count].reshape(shape)

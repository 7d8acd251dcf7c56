"""Memory that TensorFlow uses without a copy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

#: Alignment in bytes that TensorFlow requires to use memory without a copy.
ALIGNMENT = 64


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

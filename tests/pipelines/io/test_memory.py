"""Aligned memory."""

import numpy as np

from pipelines.io.memory import ALIGNMENT, aligned_empty


def test_aligned_empty_shape_has_aligned_writable_memory():
    array = aligned_empty((3, 5, 7))
    assert array.shape == (3, 5, 7)
    assert array.dtype == np.uint8
    assert array.ctypes.data % ALIGNMENT == 0
    assert array.flags.writeable
    assert array.flags.c_contiguous

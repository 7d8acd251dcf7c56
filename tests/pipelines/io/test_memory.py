"""Aligned memory."""

import numpy as np

from pipelines.io import memory
from pipelines.io.memory import ALIGNMENT, aligned_empty, empty_beside


def test_aligned_empty_shape_has_aligned_writable_memory():
    array = aligned_empty((3, 5, 7))
    assert array.shape == (3, 5, 7)
    assert array.dtype == np.uint8
    assert array.ctypes.data % ALIGNMENT == 0
    assert array.flags.writeable
    assert array.flags.c_contiguous


def test_empty_beside_a_mapped_array_is_mapped_unless_small(
    tmp_path, monkeypatch
):
    mapped = np.memmap(tmp_path / "x", np.uint8, "w+", shape=(4, 100))
    for pixels, limit, is_mapped in (
        (mapped, 199, True),
        (mapped[1:], 199, True),
        (mapped, 200, False),
        (np.asarray(mapped.tolist(), np.uint8), 199, False),
    ):
        monkeypatch.setattr(memory, "SMALL_BYTES", limit)
        array = empty_beside(pixels, (2, 100))
        assert array.shape == (2, 100)
        assert isinstance(array, np.memmap) is is_mapped
        assert array.ctypes.data % ALIGNMENT == 0
        array[:] = 7
        assert (array == 7).all()
    # The temporary files have no name.
    assert [path.name for path in tmp_path.iterdir()] == ["x"]

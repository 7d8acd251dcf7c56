"""Tests of the benchmark of growing sizes."""

from __future__ import annotations

from benchmarks import scaling


def test_work_grows_with_images_and_the_square_of_the_size() -> None:
    assert scaling._work("images", 64) == 2 * scaling._work("images", 32)
    assert scaling._work("size", 128) == 4 * scaling._work("size", 64)
    assert scaling._work("classes", 10) == scaling._work("classes", 1000)

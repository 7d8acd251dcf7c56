"""Tests of the description of this machine."""

from __future__ import annotations

from benchmarks import machine


def test_peak_memory_gb_includes_a_large_array() -> None:
    import numpy as np

    array = np.ones(2 * 10**7)  # 0.16 GB
    assert machine.peak_memory_gb() > 0.16
    assert array[0] == 1

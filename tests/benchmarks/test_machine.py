"""Tests of the description of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import machine


def test_processor_name_lists_bfloat16_instructions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "model name : Fast CPU\nflags : sse amx_bf16 avx512f\nempty\n"
    monkeypatch.setattr(Path, "read_text", lambda self: text)
    assert machine.processor_name() == "Fast CPU avx512f amx_bf16"


def test_processor_name_without_cpuinfo_is_that_of_platform(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def raise_error(self: Path) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", raise_error)
    assert machine.processor_name()


def test_peak_memory_gb_includes_a_large_array() -> None:
    import numpy as np

    array = np.ones(2 * 10**7)  # 0.16 GB
    assert machine.peak_memory_gb() > 0.16
    assert array[0] == 1

"""Tests of the quick benchmark."""

from __future__ import annotations

import pytest

from benchmarks import quick


@pytest.mark.slow
def test_measure_yields_ten_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "_step", lambda arch, mode: lambda: 0.5)
    lines = list(quick.measure())
    assert len(lines) == 10
    assert lines[-1] == ("  with --fast_ops=measure", "1.00 of that")

"""Tests of the benchmark of the search for S."""

from __future__ import annotations

import pytest

from benchmarks import ascent_scale_search


@pytest.mark.slow
@pytest.mark.parametrize("scale", [0.02, "auto"])
def test_start_fit_runs_a_generation_per_round(
    scale: float | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ascent_scale_search, "STEPS", 4)
    fit = ascent_scale_search.start_fit(1, scale)
    assert fit() > 0
    assert fit() > 0

"""Tests of the benchmark of norms."""

from __future__ import annotations

import pytest

from benchmarks import gradient_norms


@pytest.mark.slow
@pytest.mark.parametrize("norms_every", [0, 1])
def test_start_fit_runs_an_epoch_per_round(
    norms_every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gradient_norms, "STEPS", 4)
    fit = gradient_norms.start_fit(1, norms_every)
    assert fit() > 0
    assert fit() > 0

"""Tests of the benchmark of probes."""

from __future__ import annotations

import pytest

from benchmarks import probes


def test_compare_prediction_depth_finds_equal_predictions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (
        ("TRAINING", 200),
        ("QUERIES", 50),
        ("NEIGHBORS", 5),
        ("WIDTHS", (16, 32)),
    ):
        monkeypatch.setattr(probes, name, value)
    result = probes._compare_prediction_depth(rounds=2)
    assert result["equal_prediction_fraction"] > 0.95
    assert set(result["ratio"]) == {"seal_tf"}


@pytest.mark.slow
def test_estimate_full_size_adds_forward_passes_and_distances() -> None:
    estimate = probes._estimate_full_size(1e-12)
    assert estimate["taps"] == len(estimate["widths"]) == 17
    assert sum(estimate["widths"]) == 62_464
    assert estimate["distance_multiply_adds"] == 687_104_000_000_000
    assert estimate["feature_bytes"] == 27_484_160_000
    assert estimate["neighbor_seconds"] == pytest.approx(687.104)

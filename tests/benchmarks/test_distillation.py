"""Tests of the benchmark of teachers."""

from __future__ import annotations

import pytest

from benchmarks import distillation


@pytest.mark.slow
def test_start_run_has_a_step_with_teachers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(distillation, "ARCH", "small")
    monkeypatch.setattr(distillation, "TEACHERS", (0, 2))
    model, step = distillation.start_run(2)
    before = model.get_weights()
    distillation.trace(model, step)()
    assert (model.get_weights()[0] != before[0]).any()

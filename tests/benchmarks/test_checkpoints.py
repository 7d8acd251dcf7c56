"""Tests of the benchmark of checkpoints."""

from __future__ import annotations

from benchmarks import checkpoints
from benchmarks.training_steps import compiled_model


def test_time_checkpoints_times_all_three_functions() -> None:
    model = compiled_model("small", 16, 5)
    times, size = checkpoints._time_checkpoints(model, rounds=2)
    assert set(times["ratio"]) == {checkpoints.SAVE, checkpoints.READ}
    assert size > 4 * model.count_params()

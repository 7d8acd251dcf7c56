"""Tests of the benchmark of the faster operations."""

from __future__ import annotations

import pytest

from benchmarks import fast_ops


def test_steps_per_execution_is_4_for_one_variant() -> None:
    steps = [fast_ops._steps_per_execution(name) for name in fast_ops.VARIANTS]
    assert sorted(steps) == [1, 1, 1, 1, 1, 1, 1, 4]


@pytest.mark.slow
@pytest.mark.parametrize(
    "variant",
    [
        "plain",
        "update in two passes",
        "fused batch normalization",
        "all, convolutions by the table",
        "all, 4 steps an execution",
    ],
)
def test_step_of_a_variant_runs(variant: str) -> None:
    fast_ops._step("small", "float32", variant)()

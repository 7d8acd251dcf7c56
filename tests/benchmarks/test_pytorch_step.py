"""Tests of the step in PyTorch."""

from __future__ import annotations

import pytest

from benchmarks.random_batch import random_batch


@pytest.mark.slow
def test_step_function_trains_a_resnet50() -> None:
    pytest.importorskip("torch")
    from benchmarks import against_torch, pytorch_step

    model = pytorch_step.resnet50(200)
    parameters = sum(p.numel() for p in model.parameters())
    assert parameters == against_torch.PARAMETERS
    x, y = random_batch(4, 32)
    step = pytorch_step.step_function(model, x, y, bfloat16=False)
    losses = [step() for _ in range(3)]
    assert losses[-1] < losses[0]

"""Tests of the step in PyTorch."""

from __future__ import annotations

import pytest

from benchmarks.random_batch import random_batch


@pytest.mark.slow
@pytest.mark.parametrize("channels_last", [True, False])
def test_step_function_trains(channels_last: bool) -> None:
    pytest.importorskip("torch")
    from benchmarks import pytorch_step, torch_networks

    x, y = random_batch(4, 32)
    model = torch_networks.build("small", 32, 200)
    step = pytorch_step.step_function(model, x, y, channels_last=channels_last)
    losses = [step() for _ in range(5)]
    assert losses[-1] < losses[0]

"""Tests of the benchmark of the method's overhead."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import method_overhead
from benchmarks.training_steps import compiled_model


def test_as_seal_model_is_the_same_network() -> None:
    model = compiled_model("small", 16, 5)
    seal = method_overhead.as_seal_model(model)
    assert seal.optimizer.built
    for variable, other in zip(seal.weights, model.weights, strict=True):
        assert np.array_equal(variable.numpy(), other.numpy())


@pytest.mark.slow
def test_create_steps_of_each_phase_run() -> None:
    steps = method_overhead.create_steps("small")
    assert list(steps) == ["plain Keras", "descent", "ascent"]
    for step in steps.values():
        step()


@pytest.mark.slow
def test_start_fits_run_a_generation_per_round() -> None:
    for fit in method_overhead.start_fits(1).values():
        assert fit() > 0


@pytest.mark.slow
def test_memory_gb_is_that_of_a_training_process() -> None:
    assert method_overhead.memory_gb("small", "seal") > 0.1

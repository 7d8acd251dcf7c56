"""Marks of tests that a backend cannot pass, and why."""

import keras
import pytest

_TORCH = keras.config.backend() == "torch"

needs_steps_per_execution = pytest.mark.skipif(
    _TORCH, reason="Keras refuses steps_per_execution on PyTorch"
)
needs_traces = pytest.mark.skipif(
    _TORCH, reason="PyTorch runs every step eagerly, without a trace"
)

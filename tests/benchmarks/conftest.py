"""Fixtures for the tests of the benchmarks."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _fresh_keras() -> Iterator[None]:
    """Reset the dtype policy only: benchmarks set the seed themselves."""
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].config.set_dtype_policy("float32")

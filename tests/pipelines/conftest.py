"""Fixtures of the tests of `pipelines`."""

import pytest


@pytest.fixture(autouse=True)
def _fresh_keras():
    """Skip the reset of Keras, which takes 0.3 s per test.

    `pipelines` has no Keras state, and its random numbers are stateless.
    """

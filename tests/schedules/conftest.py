"""Fixtures of the tests of schedules."""

import keras
import pytest


@pytest.fixture
def _floatx(request):
    """Set Keras' floating-point type during the test."""
    before = keras.config.floatx()
    keras.config.set_floatx(request.param)
    yield request.param
    keras.config.set_floatx(before)

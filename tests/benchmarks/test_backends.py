"""The steps of each backend."""

import pytest

from benchmarks import backends


@pytest.mark.slow
def test_create_steps_train_with_each_method():
    steps = backends.create_steps("small", compiled=False)
    assert list(steps)[0] == "plain Keras"
    assert len(steps) == 4
    for step in steps.values():
        step()

"""What the tests of training share."""

import pytest


@pytest.fixture
def deterministic():
    import tensorflow as tf
    from tensorflow.python.framework import config

    tf.config.experimental.enable_op_determinism()
    yield
    config.disable_op_determinism()

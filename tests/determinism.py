"""Deterministic operations; those of JAX and PyTorch on a CPU are."""

import contextlib

import keras


@contextlib.contextmanager
def op_determinism():
    """Use deterministic TensorFlow operations in a block."""
    if keras.config.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf
    from tensorflow.python.framework import config

    tf.config.experimental.enable_op_determinism()
    yield
    config.disable_op_determinism()

"""Optimizers."""

# First, because the import of Keras imports modules of this package to register
# their classes.
import keras  # noqa: F401

from seal_tf.optimizers.sgd import SGD

__all__ = ["SGD"]

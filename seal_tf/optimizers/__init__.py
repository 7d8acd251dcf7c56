"""Optimizers."""

# First, because the import of Keras imports modules of this package to register
# their classes.
import keras  # noqa: F401

from seal_tf.optimizers.sgd import SGD
from seal_tf.optimizers.weight_decay import set_weight_decay_timescale

__all__ = ["SGD", "set_weight_decay_timescale"]

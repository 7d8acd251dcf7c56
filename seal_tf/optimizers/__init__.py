"""Optimizers."""

from seal_tf.optimizers.sgd import SGD

__all__ = ["SGD"]

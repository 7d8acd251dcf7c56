"""Public face of `seal_tf.training.optimizer`."""

from seal_tf.training.optimizer import SGD

__all__ = ["SGD"]

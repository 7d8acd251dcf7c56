"""Networks, by name; any keras.applications name too."""

from __future__ import annotations

import importlib

from seal_tf.models.names import NETWORKS, ready_split

__all__ = ["NETWORKS", "build", "ready_split"]


def build(arch: str, input_shape, classes: int):
    """Builds a network that ends in float32 logits.

    Args:
        arch: A name of `NETWORKS` or of `keras.applications`.
        input_shape: (height, width, channels).
        classes: Number of classes.

    Returns:
        A Functional `keras.Model`, freshly initialised from Keras' global
        seed.

    Raises:
        ValueError: there is no such network, or it cannot take the input.
    """
    if arch in NETWORKS:
        module, function, _ = NETWORKS[arch]
        module = importlib.import_module(f"seal_tf.models.{module}")
        return getattr(module, function)(tuple(input_shape), classes)
    from seal_tf.models.applications import application

    return application(arch, tuple(input_shape), classes)

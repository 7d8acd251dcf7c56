"""Networks, by name; any keras.applications name too."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seal_tf.models.names import SHOWN, find, ready_grouping, ready_split

if TYPE_CHECKING:
    import keras

__all__ = ["SHOWN", "build", "ready_grouping", "ready_split"]


def build(arch: str, input_shape: Sequence[int], classes: int) -> keras.Model:
    """Builds a network that ends in logits.

    Those of our own are float32 under mixed precision, too; those of
    keras.applications are of the policy's precision.

    Args:
        arch: A name as in `SHOWN`, or of `keras.applications`.
        input_shape: (height, width, channels).
        classes: Number of classes.

    Returns:
        A Functional `keras.Model`, freshly initialised from Keras' global
        seed.

    Raises:
        ValueError: there is no such network, or it cannot take the input.
    """
    found = find(arch)
    if found is None:
        from seal_tf.models.applications import application

        return application(arch, tuple(input_shape), classes)
    network, numbers = found
    module, function = network.home.split(".")
    module = importlib.import_module(f"seal_tf.models.{module}")
    return getattr(module, function)(tuple(input_shape), classes, *numbers)

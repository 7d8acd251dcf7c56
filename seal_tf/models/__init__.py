"""Networks by name, including all of `keras.applications`."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seal_tf.models.registry import (
    ARCHITECTURE_NAMES,
    default_grouping,
    default_split,
    find_architecture,
)

if TYPE_CHECKING:
    import keras

__all__ = [
    "ARCHITECTURE_NAMES",
    "build",
    "check_architecture",
    "default_grouping",
    "default_split",
]


def check_architecture(arch: str) -> None:
    """Check that a network exists, without building it.

    Args:
        arch: A name as in `build`.

    Raises:
        ValueError: If no network has that name; the message suggests similar
            names.
    """
    match = find_architecture(arch)
    if match is not None:
        architecture, parameters = match
        return architecture.check(arch, parameters)
    from seal_tf.models.applications import find_application

    find_application(arch)
    return None


def build(arch: str, input_shape: Sequence[int], classes: int) -> keras.Model:
    """Build an untrained network that outputs logits.

    The logits of this package's networks are float32, also under mixed
    precision. Networks of `keras.applications` compute their logits in the
    precision of the global dtype policy.

    Args:
        arch: A name in the form of `ARCHITECTURE_NAMES`, or a name of
            `keras.applications`.
        input_shape: (height, width, channels).
        classes: Number of classes.

    Returns:
        A functional `keras.Model`, initialized from the global Keras seed.

    Raises:
        ValueError: No such network exists, or it does not accept
            `input_shape`.

    Example:
        >>> import seal_tf
        >>> model = seal_tf.models.build("small", (32, 32, 3), 10)
        >>> model.output_shape
        (None, 10)
    """
    check_architecture(arch)
    match = find_architecture(arch)
    if match is None:
        from seal_tf.models.applications import build_application

        return build_application(arch, tuple(input_shape), classes)
    architecture, parameters = match
    module_name, function_name = architecture.builder.split(".")
    module = importlib.import_module(f"seal_tf.models.{module_name}")
    builder = getattr(module, function_name)
    return builder(tuple(input_shape), classes, *parameters)

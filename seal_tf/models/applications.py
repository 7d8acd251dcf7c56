"""Untrained networks of `keras.applications` that output logits."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable
from typing import Any

import keras

from seal_tf.models.registry import ARCHITECTURE_NAMES


def build_application(
    arch: str, input_shape: tuple[int, ...], classes: int
) -> keras.Model:
    """Build `keras.applications.<arch>` without weights, with logits.

    The network's own preprocessing layers are disabled, because the input
    pipeline normalizes the images.

    Args:
        arch: A name of `keras.applications`, such as "MobileNetV2".
        input_shape: (height, width, channels).
        classes: Number of classes.

    Returns:
        The model.

    Raises:
        ValueError: No such network exists, or it does not accept
            `input_shape`; the message has the smallest image size if Keras
            reports it.
    """
    constructor = find_application(arch)
    arguments: dict[str, Any] = {
        "weights": None,
        "input_shape": input_shape,
        "classes": classes,
        "classifier_activation": None,
    }
    if "include_preprocessing" in inspect.signature(constructor).parameters:
        arguments["include_preprocessing"] = False
    try:
        network = constructor(**arguments)
    except ValueError as error:
        raise _unsupported_shape(arch, input_shape, error) from error
    for layer in network.layers:
        if isinstance(layer, keras.layers.Rescaling):
            # Some families (EfficientNet) always include this layer.
            layer.scale, layer.offset = 1.0, 0.0
    return network


def find_application(arch: str) -> Callable[..., keras.Model]:
    """Return the function of `keras.applications` that builds a network.

    Args:
        arch: A name of `keras.applications`.

    Raises:
        ValueError: No such network exists.
    """
    constructor = getattr(keras.applications, arch, None)
    if inspect.isfunction(constructor):
        return constructor
    raise _unknown_architecture(arch)


def _unknown_architecture(arch: str) -> ValueError:
    names = [
        name
        for name in dir(keras.applications)
        if inspect.isfunction(getattr(keras.applications, name))
    ]
    similar = difflib.get_close_matches(
        arch, [*names, *ARCHITECTURE_NAMES], 3, 0.3
    )
    return ValueError(
        f"Argument `arch` must be one of {', '.join(ARCHITECTURE_NAMES)}, or "
        f"a name of keras.applications. Received: arch={arch}"
        + (f"; did you mean {' or '.join(similar)}?" if similar else "")
    )


def _unsupported_shape(
    arch: str, input_shape: tuple[int, ...], error: ValueError
) -> ValueError:
    shape = "x".join(map(str, input_shape))
    smallest = re.search(r"at least (\d+)x\d+", str(error))
    if smallest:
        return ValueError(
            f"Argument `image_size` must be at least {smallest[1]} for {arch}. "
            f"Received: images of {shape}"
        )
    return ValueError(
        f"{arch} does not accept images of {shape}: "
        f"{str(error).splitlines()[0]}"
    )

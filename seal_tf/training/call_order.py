"""Record the order in which a subclassed model calls its layers."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import keras
from keras.src.models.functional import Functional

from seal_tf.utils.patching import AttributePatcher


def has_static_order(model: keras.Model) -> bool:
    """Return whether `model.layers` has the forward order.

    Functional and Sequential models sort their layers; a subclassed model
    lists them in the order of their creation.
    """
    return isinstance(model, keras.Sequential | Functional)


def record_call_order(model: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers of a model in the order of their first calls.

    The function traces the model on symbolic inputs with the shapes it was
    built with. No weight changes.

    Args:
        model: A Keras model.

    Returns:
        The called layers; empty if every model in it has a static order or is
        not built. If the trace fails, a warning names the order in use.
    """
    if _all_static(model) or not model.built:
        return []
    for dtype in (keras.config.floatx(), "int32"):
        try:
            return _trace(model, dtype)
        except Exception:  # a model may do anything in its call
            continue
    names = ", ".join(layer.name for layer in model.layers)
    warnings.warn(
        f"The forward order of {type(model).__name__} {model.name!r} cannot "
        "be traced. Its layers are taken in the order of their creation: "
        f"{names}. Check it, or pass a function of a layer as `split_at`.",
        UserWarning,
        stacklevel=2,
    )
    return []


def _all_static(model: keras.Model) -> bool:
    return all(
        has_static_order(layer)
        for layer in model._flatten_layers()
        if isinstance(layer, keras.Model)
    )


def _trace(model: keras.Model, dtype: str) -> list[keras.layers.Layer]:
    calls: list[keras.layers.Layer] = []
    patcher = AttributePatcher()
    try:
        for layer in model._flatten_layers(include_self=False):
            record = functools.partial(_record, calls, layer, layer.call)
            patcher.patch(layer, "call", record)
        first, *others = _symbolic_inputs(model, dtype).items()
        # The base class always calls `model.call`; a model may override the
        # method.
        keras.Operation.compute_output_spec(model, first[1], **dict(others))
    finally:
        patcher.restore()
    return calls


def _record(
    calls: list[keras.layers.Layer],
    layer: keras.layers.Layer,
    call: Callable[..., Any],
    *args: Any,
    **kwargs: Any,
) -> Any:
    if not any(layer is other for other in calls):
        calls.append(layer)
    return call(*args, **kwargs)


def _symbolic_inputs(model: keras.Model, dtype: str) -> dict[str, Any]:
    shapes = model._build_shapes_dict
    if not shapes:
        raise ValueError("The shapes of the inputs are unknown.")
    return {
        name.removesuffix("_shape"): _symbolic(shape, dtype)
        for name, shape in shapes.items()
    }


def _symbolic(shape: Any, dtype: str) -> Any:
    """Replace each shape in a structure by a symbolic tensor."""
    if isinstance(shape, dict):
        return {name: _symbolic(s, dtype) for name, s in shape.items()}
    if all(size is None or isinstance(size, int) for size in shape):
        return keras.KerasTensor(tuple(shape), dtype)
    return type(shape)(_symbolic(s, dtype) for s in shape)

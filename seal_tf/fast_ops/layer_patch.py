"""Patch layers of a model with faster operations."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from seal_tf.fast_ops.operations import Operations
from seal_tf.utils.patching import AttributePatcher

OperationsGetter = Callable[[], Operations]
DTYPES = ("float32", "bfloat16")
LAYER_CLASSES = (keras.layers.Conv2D, keras.layers.BatchNormalization)


def patch_layers(
    model: keras.Model,
    patcher: AttributePatcher,
    operations: OperationsGetter,
    classes: Sequence[type] = LAYER_CLASSES,
) -> int:
    """Patch the layers of a model with the operations of this package.

    A layer is patched if it is of a Keras class itself, not of a subclass,
    and the operation supports it: channels last, no groups or dilation, no
    synchronized or masked statistics.

    Args:
        model: Any model; nested layers are included.
        patcher: Restores the layers.
        operations: Returns what the layers compute, at each call.
        classes: Classes of layers to patch.

    Returns:
        Number of patched layers.
    """
    count = 0
    for layer in model._flatten_layers():
        if type(layer) not in classes:
            continue
        supported: Callable[[Any], bool]
        replacement: Callable[..., Any]
        if type(layer) is keras.layers.Conv2D:
            supported, name = _supports_convolution, "convolution_op"
            replacement = _convolve
        else:
            supported, name = _supports_batch_normalization, "call"
            replacement = _normalize
        if supported(layer):
            # Innermost: other wrappers keep what they add.
            patcher.wrap(
                layer,
                name,
                functools.partial(replacement, layer, operations),
                True,
            )
            count += 1
    return count


def _supports_convolution(layer: keras.layers.Conv2D) -> bool:
    (stride, stride_x), (size, size_x) = layer.strides, layer.kernel_size
    return (
        layer.groups == 1
        and layer.dilation_rate in (1, (1, 1))
        and layer.data_format == "channels_last"
        and stride == stride_x
        and size == size_x
        and layer.padding in ("same", "valid")
    )


def _supports_batch_normalization(
    layer: keras.layers.BatchNormalization,
) -> bool:
    return not (layer.renorm or layer.synchronized)


def _convolve(
    layer: keras.layers.Conv2D,
    operations: OperationsGetter,
    keras_op: Callable[..., Any],
    x: Any,
    kernel: Any,
) -> Any:
    x, kernel = tf.convert_to_tensor(x), tf.convert_to_tensor(kernel)
    if x.dtype.name not in DTYPES or None in x.shape[1:]:
        return keras_op(x, kernel)
    padding = layer.padding.upper()
    return operations().convolve(x, kernel, layer.strides[0], padding)


def _normalize(
    layer: keras.layers.BatchNormalization,
    operations: OperationsGetter,
    keras_call: Callable[..., Any],
    inputs: Any,
    training: bool | None = None,
    mask: Any = None,
) -> Any:
    rank = len(inputs.shape)
    supported = (
        operations().choices.fused_batch_norm
        and mask is None
        and rank == 4
        and layer.axis in (-1, rank - 1)
        and inputs.shape[-1] is not None
        and inputs.dtype.name in DTYPES
        and inputs.dtype.name == layer.compute_dtype
        and layer.moving_mean.dtype == "float32"
    )
    if not supported:
        return keras_call(inputs, training=training, mask=mask)
    return operations().normalize(
        layer, inputs, bool(training and layer.trainable)
    )

"""Which layers are lent a faster operation."""

from __future__ import annotations

import functools

import keras
import tensorflow as tf

from seal_tf.fast_ops import batch_norm
from seal_tf.fast_ops import convolution as conv

DTYPES = ("float32", "bfloat16")
KINDS = (keras.layers.Conv2D, keras.layers.BatchNormalization)


class _Lent(functools.partial):
    """A method of a layer that is lent, to be known as such."""


def lend_to(model, loans, kinds=KINDS) -> int:
    """Lends the layers of a model the operations of this package.

    A layer gets one where it is Keras' own, not a subclass, and computes
    something that the operation can: channels last, no groups or dilation,
    no synchronized or masked statistics. All others are left alone.

    Args:
        model: Any model; the layers in it are looked through.
        loans: The `seal_tf.training.loans.Loans` that take it back.
        kinds: The classes of layers that get one.

    Returns:
        How many layers got one.
    """
    lent = 0
    for layer in model._flatten_layers():
        if type(layer) not in kinds:
            continue
        if type(layer) is keras.layers.Conv2D:
            plain, name, lending = _plain_conv, "convolution_op", _convolved
        else:
            plain, name, lending = _plain_norm, "call", _normalized
        if plain(layer):
            if isinstance(vars(layer).get(name), _Lent):
                # By a fit that was interrupted.
                object.__delattr__(layer, name)
            own = getattr(layer, name)
            loans.lend(layer, name, _Lent(lending, layer, own))
            lent += 1
    return lent


def _plain_conv(layer):
    (stride, other), (size, also) = layer.strides, layer.kernel_size
    return (
        layer.groups == 1
        and layer.dilation_rate in (1, (1, 1))
        and layer.data_format == "channels_last"
        and stride == other
        and size == also
        and (
            size == 1
            or layer.padding == "valid"
            or (layer.padding == "same" and stride == 1 and size % 2)
        )
    )


def _plain_norm(layer):
    return not (layer.renorm or layer.synchronized)


def _convolved(layer, keras_op, x, kernel):
    x, kernel = tf.convert_to_tensor(x), tf.convert_to_tensor(kernel)
    if x.dtype.name not in DTYPES or None in x.shape[1:]:
        return keras_op(x, kernel)
    stride = layer.strides[0]
    if layer.kernel_size[0] == 1:
        return conv.pointwise(x, kernel, stride)
    return conv.convolution(x, kernel, stride, layer.padding.upper())


def _normalized(layer, keras_call, inputs, training=None, mask=None):
    rank = len(inputs.shape)
    fits = (
        mask is None
        and rank == 4
        and layer.axis in (-1, rank - 1)
        and inputs.shape[-1] is not None
        and inputs.dtype.name in DTYPES
        and inputs.dtype.name == layer.compute_dtype
        and layer.moving_mean.dtype == "float32"
    )
    if not fits:
        return keras_call(inputs, training=training, mask=mask)
    return batch_norm.normalized(layer, inputs, training and layer.trainable)

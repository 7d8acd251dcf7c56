"""The unbiased running variance of PyTorch, as a callback."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from seal_tf.backends import get_backend
from seal_tf.callbacks.patching_callback import PatchingCallback
from seal_tf.utils.patching import AttributePatcher


@keras.saving.register_keras_serializable(package="seal_tf")
class UnbiasedBatchNorm(PatchingCallback):
    """Keep the unbiased running variance in BatchNormalization.

    Over n values of a channel, PyTorch's running variance is a mean of
    sum((x - mean)^2) / (n - 1), that of Keras of sum((x - mean)^2) / n. With
    this callback, Keras' layers keep the former during fit. Training is the
    same, because it normalizes with the variance of the batch; evaluation
    differs by up to a factor of n / (n - 1) in the variances. Layers keep
    their classes, so that saved files load without seal_tf.

    Raises:
        ValueError: In fit, if a layer gets a mask.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from seal_tf import UnbiasedBatchNorm
        >>> norm = keras.layers.BatchNormalization(momentum=0.0)
        >>> model = keras.Sequential([keras.Input((1,)), norm])
        >>> model.compile("sgd", "mse")
        >>> x = np.array([[1.0], [3.0]], "float32")
        >>> history = model.fit(x, x, verbose=0,
        ...                     callbacks=[UnbiasedBatchNorm()])
        >>> float(norm.moving_variance[0])
        2.0
    """

    def patch_layers(
        self, model: keras.Model, patcher: AttributePatcher
    ) -> None:
        """Patch every BatchNormalization."""
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                if layer.renorm:
                    raise ValueError(
                        f"The unbiased variance of {layer.name!r} is not "
                        "defined with renorm=True."
                    )
                patcher.wrap(
                    layer, "call", functools.partial(_call_unbiased, layer)
                )


def _call_unbiased(
    layer: keras.layers.BatchNormalization,
    call: Callable[..., Any],
    inputs: Any,
    training: bool | None = None,
    mask: Any = None,
) -> Any:
    """Call the layer, and rescale what it adds to the running variance."""
    if not (training and layer.trainable):
        return call(inputs, training=training, mask=mask)
    if mask is not None:
        raise ValueError(
            f"The unbiased variance of {layer.name!r} is not defined for "
            "masked inputs."
        )
    moving = layer.moving_variance
    kept = moving * layer.momentum
    outputs = call(inputs, training=training)
    count = ops.cast(
        ops.size(inputs) // inputs.shape[layer.axis], moving.dtype
    ) * _replicas(layer)
    factor = count / ops.maximum(count - 1.0, 1.0)
    moving.assign(kept + (moving - kept) * factor)
    return outputs


def _replicas(layer: keras.layers.BatchNormalization) -> int:
    """Number of replicas whose values a layer's statistics contain."""
    return get_backend().replicas_in_step() if layer.synchronized else 1

"""Batch normalization in one fused operation."""

from __future__ import annotations

import keras
import tensorflow as tf


def normalize(
    layer: keras.layers.BatchNormalization, x: tf.Tensor, training: bool
) -> tf.Tensor:
    """Compute what `keras.layers.BatchNormalization.call` computes.

    Args:
        layer: The layer, built; channels last.
        x: float32 or bfloat16 [images, height, width, channels].
        training: Whether to use the batch's own mean and variance and to
            update the moving ones.

    Returns:
        The normalized tensor, of the shape and type of `x`.
    """
    channels = x.shape[-1]
    ones, zeros = tf.ones(channels), tf.zeros(channels)
    gamma = ones if layer.gamma is None else tf.convert_to_tensor(layer.gamma)
    beta = zeros if layer.beta is None else tf.convert_to_tensor(layer.beta)
    mean, variance = layer.moving_mean, layer.moving_variance
    arguments = {
        "x": x,
        "scale": gamma,
        "offset": beta,
        "epsilon": layer.epsilon,
    }
    if not training:
        return tf.raw_ops.FusedBatchNormV3(
            **arguments,
            mean=tf.convert_to_tensor(mean),
            variance=tf.convert_to_tensor(variance),
            is_training=False,
        ).y
    result = tf.raw_ops.FusedBatchNormV3(
        **arguments, mean=[], variance=[], is_training=True
    )
    # The operation returns the unbiased variance; Keras keeps the biased one.
    count = tf.cast(tf.size(x) // channels, "float32")
    biased = result.batch_variance * ((count - 1) / count)
    for moving, value in ((mean, result.batch_mean), (variance, biased)):
        moving.assign(moving * layer.momentum + value * (1.0 - layer.momentum))
    return result.y

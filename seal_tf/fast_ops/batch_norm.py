"""Batch normalization in one operation instead of some ten passes."""

from __future__ import annotations

import tensorflow as tf


def normalized(layer, x, training: bool):
    """What `keras.layers.BatchNormalization.call` returns and updates.

    Args:
        layer: The layer, built; channels last.
        x: [images, height, width, channels], float32 or bfloat16.
        training: Whether by the batch's own mean and variance, which the
            moving ones then follow.
    """
    channels = x.shape[-1]
    ones, zeros = tf.ones(channels), tf.zeros(channels)
    gamma = ones if layer.gamma is None else tf.convert_to_tensor(layer.gamma)
    beta = zeros if layer.beta is None else tf.convert_to_tensor(layer.beta)
    mean, variance = layer.moving_mean, layer.moving_variance
    own = {
        "x": x,
        "scale": gamma,
        "offset": beta,
        "epsilon": layer.epsilon,
    }
    if not training:
        return tf.raw_ops.FusedBatchNormV3(
            **own,
            mean=tf.convert_to_tensor(mean),
            variance=tf.convert_to_tensor(variance),
            is_training=False,
        ).y
    found = tf.raw_ops.FusedBatchNormV3(
        **own, mean=[], variance=[], is_training=True
    )
    # The operation returns the unbiased variance, Keras keeps the biased one.
    count = tf.cast(tf.size(x) // channels, "float32")
    biased = found.batch_variance * ((count - 1) / count)
    for moving, now in ((mean, found.batch_mean), (variance, biased)):
        moving.assign(moving * layer.momentum + now * (1.0 - layer.momentum))
    return found.y

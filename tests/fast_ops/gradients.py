"""Gradients of an operation, for comparisons."""

import numpy as np
import tensorflow as tf


def value_and_gradients(function, *inputs):
    """Return the output of a function and the gradients of its inputs."""
    inputs = [tf.convert_to_tensor(i) for i in inputs]
    with tf.GradientTape() as tape:
        for i in inputs:
            tape.watch(i)
        y = function(*inputs)
        # Asymmetric weights, so that swapped positions change the result.
        weights = np.sin(np.arange(tf.size(y))).reshape(y.shape)
        weights = tf.cast(tf.cast(weights, tf.bfloat16), y.dtype)
        loss = tf.reduce_sum(y * weights)
    return [y, *tape.gradient(loss, inputs)]

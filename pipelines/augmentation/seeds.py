"""Random keys and numbers as pure functions of (seed, epoch, step).

Random numbers are drawn as integers, with keys that are not negative: for
these, XLA and a plain graph agree.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

#: Resolution of `uniform`: number of values in an interval. float32
#: represents all of them exactly.
RESOLUTION = 1 << 23


def step_seed(
    seed: int, epoch: int | tf.Tensor, step: int | tf.Tensor
) -> tf.Tensor:
    """Create the key of one step's batch.

    Args:
        seed: Seed of the run, at least 0.
        epoch: Epoch of the run.
        step: Step within the epoch.

    Returns:
        int32 key [2], not negative.
    """
    key = tf.constant([seed, 0], tf.int32)
    for number in (epoch, step):
        number = tf.cast(number, tf.int32)
        key = _clear_sign(tf.random.fold_in(key, number))
    return key


def split_seed(key: tf.Tensor, count: int = 2) -> tf.Tensor:
    """Split a key into independent keys.

    Args:
        key: int32 key [2].
        count: Number of keys. Defaults to 2.

    Returns:
        int32 keys [count, 2], not negative.
    """
    return _clear_sign(tf.random.split(key, count))


def uniform(
    key: tf.Tensor,
    shape: Sequence[int | tf.Tensor],
    low: float = 0.0,
    high: float = 1.0,
) -> tf.Tensor:
    """Draw uniform random numbers.

    Args:
        key: int32 key [2].
        shape: Shape of the result.
        low: Smallest value. Defaults to 0.
        high: Exclusive upper bound. Defaults to 1.

    Returns:
        float32 numbers in [low, high).
    """
    integers = tf.random.stateless_uniform(shape, key, 0, RESOLUTION, tf.int32)
    return low + tf.cast(integers, tf.float32) * ((high - low) / RESOLUTION)


def _clear_sign(key: tf.Tensor) -> tf.Tensor:
    # In TensorFlow 2.21, XLA and a plain graph read a negative seed
    # differently: one of them extends its sign.
    return tf.bitwise.bitwise_and(key, 0x7FFFFFFF)

"""Seeds and draws: pure functions of (seed, epoch, step).

Only integers are drawn, under seeds that are not negative: XLA and a plain
graph agree on those, and on no others.
"""

from __future__ import annotations

import tensorflow as tf

#: Steps that a unit interval is drawn in; float32 holds all of them.
STEPS = 1 << 23


def step_seed(seed: int, epoch, step):
    """The seed of one step's batch: int32 [2], not negative.

    Args:
        seed: Seed of the run, at least 0.
        epoch: Epoch of the run.
        step: Step within the epoch.
    """
    key = tf.constant([seed, 0], tf.int32)
    for number in (epoch, step):
        number = tf.cast(number, tf.int32)
        key = _not_negative(tf.random.fold_in(key, number))
    return key


def split_seed(key, count: int = 2):
    """Independent seeds from one: int32 [count, 2], not negative."""
    return _not_negative(tf.random.split(key, count))


def uniform(key, shape, low=0.0, high=1.0):
    """float32 in low … high, made of integers.

    Args:
        key: int32 [2].
        shape: Of the result.
        low: The least.
        high: The largest, not reached.
    """
    drawn = tf.random.stateless_uniform(shape, key, 0, STEPS, tf.int32)
    return low + tf.cast(drawn, tf.float32) * ((high - low) / STEPS)


def _not_negative(key):
    # XLA and a plain graph read a negative seed differently (TensorFlow
    # 2.21: one extends its sign, the other does not).
    return tf.bitwise.bitwise_and(key, 0x7FFFFFFF)

"""Batches that contain padding.

Replicas need shards of one size, so a short last batch is padded with images
of weight 0. Padding changes neither the loss nor the metrics: both are those
of the real images, as on one device.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import tensorflow as tf
from keras.src.trainers.data_adapters import data_adapter_utils


@dataclasses.dataclass
class Batch:
    """The shard of a batch that one replica gets.

    Args:
        x: Inputs, in the structure that fit gets.
        y: Targets, in the structure that fit gets.
        weights: float32 [images], or None. Their mean with the losses is the
            loss of the whole batch, times the share of this replica.
        count: Number of images that the loss of this replica stands for.
        real: bool [images], False for padding. None if there is no padding.
    """

    x: Any
    y: Any
    weights: tf.Tensor | None
    count: tf.Tensor
    real: tf.Tensor | None = None

    def real_images(self, *tensors: Any) -> Any:
        """Return the rows of each tensor that belong to real images."""
        if self.real is None:
            return tensors
        return keras.tree.map_structure(
            lambda t: None if t is None else tf.boolean_mask(t, self.real),
            tensors,
        )


def unpack_batch(data: Any, padded: bool) -> Batch:
    """Unpack the data that fit gives to a step.

    Args:
        data: x, (x, y) or (x, y, weights).
        padded: Whether images of weight 0 are padding.
    """
    x, y, weights = data_adapter_utils.unpack_x_y_sample_weight(data)
    size = tf.shape(next(i for i in keras.tree.flatten(x) if i is not None))[0]
    if not padded:
        return Batch(x, y, weights, size)
    real = tf.not_equal(weights, 0)
    replicas = tf.distribute.get_replica_context()
    all_real = replicas.all_reduce(
        tf.distribute.ReduceOp.SUM, tf.reduce_sum(tf.cast(real, tf.float32))
    )
    count = all_real / replicas.num_replicas_in_sync
    # Keras divides by the size of the shard, padding included.
    weights = weights * (tf.cast(size, tf.float32) / count)
    return Batch(x, y, weights, count, real)

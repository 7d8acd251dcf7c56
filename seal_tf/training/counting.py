"""How many images of a batch count, where some are there to fill it up.

Replicas want shards of one size. A short last batch is filled with images of
weight 0; these change neither the loss nor what metrics say, which is that of
the images that are real, as on one device.
"""

from __future__ import annotations

import dataclasses

import keras
import tensorflow as tf
from keras.src.trainers.data_adapters import data_adapter_utils


@dataclasses.dataclass
class Batch:
    """A replica's share of a batch.

    Args:
        x: Inputs.
        y: Targets.
        weights: float32 [images], or None. Their mean with the losses is the
            loss of the whole batch, times this replica's share.
        count: Images that the loss of this replica stands for.
        real: bool [images]; None: all are.
    """

    x: object
    y: object
    weights: tf.Tensor | None
    count: tf.Tensor
    real: tf.Tensor | None = None

    def counted(self, *tensors):
        """Of each tensor, what belongs to real images."""
        if self.real is None:
            return tensors
        return keras.tree.map_structure(
            lambda t: None if t is None else tf.boolean_mask(t, self.real),
            tensors,
        )


def batch_of(data, padded: bool) -> Batch:
    """Takes fit's data apart.

    Args:
        data: x, (x, y) or (x, y, weights).
        padded: Whether images of weight 0 are no images.
    """
    x, y, weights = data_adapter_utils.unpack_x_y_sample_weight(data)
    size = tf.shape(next(i for i in keras.tree.flatten(x) if i is not None))[0]
    if not padded:
        return Batch(x, y, weights, size)
    real = tf.not_equal(weights, 0)
    replicas = tf.distribute.get_replica_context()
    together = replicas.all_reduce(
        tf.distribute.ReduceOp.SUM, tf.reduce_sum(tf.cast(real, tf.float32))
    )
    count = together / replicas.num_replicas_in_sync
    # Keras divides by the size of the shard, the filling included.
    weights = weights * (tf.cast(size, tf.float32) / count)
    return Batch(x, y, weights, count, real)

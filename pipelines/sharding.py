"""Division of global batches into equal shards, one for each replica."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from pipelines.errors import DataError
from pipelines.tf_data import disable_rewrites_and_autotuning


def shard_batches(
    batches: tf.data.Dataset,
    batch_size: int,
    replicas: int,
    first_replica: int = 0,
    replica_count: int | None = None,
) -> tf.data.Dataset:
    """Divide global batches into equal shards for the replicas.

    Each image of a step goes to exactly one replica. A last, partial batch
    is padded with its own images, which get weight 0.

    Args:
        batches: Global batches (x, y) or (x, y, weights).
        batch_size: Number of images in a full global batch, a multiple of
            `replicas`.
        replicas: Number of replicas over which a batch is divided.
        first_replica: First replica of the result. Defaults to 0.
        replica_count: Number of replicas in the result. Defaults to None:
            all replicas from `first_replica` on.

    Returns:
        A data set of (x, y, weights) with `batch_size // replicas` images
        each. Each `replica_count` consecutive elements are the shards of one
        step.

    Raises:
        DataError: `batch_size` is not a multiple of `replicas`.

    Example:
        >>> import pipelines
        >>> from pipelines.sharding import shard_batches
        >>> images = pipelines.read("digits", "train", images_per_class=2)
        >>> batches = pipelines.evaluation_batches(images, 12)
        >>> shards = list(shard_batches(batches, 12, 3))
        >>> [weights.numpy().tolist() for x, y, weights in shards[-2:]]
        [[1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]]
    """
    if batch_size % replicas:
        raise DataError(
            f"Argument `batch_size` must be a multiple of {replicas}, the "
            f"number of replicas. Received: batch_size={batch_size}."
        )
    size = batch_size // replicas
    end = replicas if replica_count is None else first_replica + replica_count

    def divide(*batch: Any) -> tuple[Any, ...]:
        shards = tf.nest.map_structure(
            lambda t: tf.reshape(t, [replicas, size, *t.shape[1:]]),
            _pad_batch(batch, batch_size),
        )
        return tf.nest.map_structure(lambda t: t[first_replica:end], shards)

    return disable_rewrites_and_autotuning(
        batches.map(divide, tf.data.AUTOTUNE, deterministic=True)
        .unbatch()
        .prefetch(2 * (end - first_replica))
    )


def _pad_batch(batch: Sequence[Any], batch_size: int) -> tuple[Any, ...]:
    x, y, *weights = batch
    count = tf.shape(tf.nest.flatten(x)[0])[0]
    positions = tf.range(batch_size)
    indices = positions % count
    is_real = tf.cast(positions < count, tf.float32)
    weight = tf.gather(weights[0], indices) * is_real if weights else is_real
    x, y = tf.nest.map_structure(lambda t: tf.gather(t, indices), (x, y))
    return x, y, weight

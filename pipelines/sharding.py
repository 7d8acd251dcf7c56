"""Batches cut into equal shares, one for each replica."""

from __future__ import annotations

import tensorflow as tf

from pipelines.batches import without_copies
from pipelines.errors import DataError


def shards(
    batches: tf.data.Dataset,
    batch_size: int,
    replicas: int,
    first: int = 0,
    count: int | None = None,
) -> tf.data.Dataset:
    """Shares of global batches, for some of the replicas by turns.

    The global batches are what one device would see, so that every image of
    a step goes to one replica and to no other. A last, partial batch is
    filled up with its own images, of weight 0.

    Args:
        batches: Global batches of (x, y) or (x, y, weights).
        batch_size: Images of a whole one.
        replicas: Replicas over which a batch is spread.
        first: The first replica that is served here.
        count: So many are served here; None: all from the first.

    Returns:
        A data set of (x, y, weights), `batch_size // replicas` images each;
        `count` of them in a row are of one step.

    Raises:
        DataError: `batch_size` is no multiple of `replicas`.
    """
    if batch_size % replicas:
        raise DataError(
            f"batches of {batch_size} cannot be shared out equally to "
            f"{replicas} replicas: give a multiple of {replicas}."
        )
    size = batch_size // replicas
    last = replicas if count is None else first + count

    def cut(*parts):
        shares = tf.nest.map_structure(
            lambda t: tf.reshape(t, [replicas, size, *t.shape[1:]]),
            _filled(parts, batch_size),
        )
        return tf.nest.map_structure(lambda t: t[first:last], shares)

    return without_copies(
        batches.map(cut, tf.data.AUTOTUNE, deterministic=True)
        .unbatch()
        .prefetch(2 * (last - first))
    )


def _filled(parts, size):
    x, y, *weights = parts
    there = tf.shape(tf.nest.flatten(x)[0])[0]
    places = tf.range(size)
    mine = places % there
    real = tf.cast(places < there, tf.float32)
    weight = tf.gather(weights[0], mine) * real if weights else real
    x, y = tf.nest.map_structure(lambda t: tf.gather(t, mine), (x, y))
    return x, y, weight

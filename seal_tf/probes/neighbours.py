"""Exact nearest neighbours by blocked matrix products.

The device finds candidates by |x|^2 + |y|^2 - 2xy; a few more than are asked
for, and of these the difference itself is squared, so that the order does
not hang on what the shorter formula cancels. At equal distance the lower
index is the nearer.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

#: Candidates beyond k that are measured again.
MARGIN = 10
#: Queries at once, and what their candidates' features may take.
QUERIES = 1024
CANDIDATE_BYTES = 2e8


def nearest(
    training,
    queries,
    k: int,
    *,
    own=False,
    most_bytes=4e9,
    progress=lambda done, total: None,
) -> np.ndarray:
    """The k nearest training examples of each query, nearest first.

    Args:
        training: [examples, features], an array or a mapped file.
        queries: [queries, features].
        k: Neighbours.
        own: Whether the queries are the training examples themselves, in
            the same order: then none is its own neighbour.
        most_bytes: Memory for training features, distances and candidates.
        progress: Called with queries done and in all, blocks times each.

    Returns:
        int64 [queries, k], indices of training examples.

    Raises:
        ValueError: there are fewer than k other training examples.
    """
    count, width = training.shape
    if k < 1 or k > count - bool(own):
        raise ValueError(
            f"--k={k}: {count:,} training examples"
            + (", none of them its own neighbour," if own else "")
            + f" allow 1 to {count - bool(own)}."
        )
    wanted = min(k + MARGIN, count - bool(own))
    at_once = int(CANDIDATE_BYTES / (4 * width * wanted))
    at_once = max(16, min(QUERIES, at_once))
    # Each row lies there as read and as a tensor, beside its distances.
    block = int(most_bytes / 2 / (8 * width + 8 * at_once))
    block = max(wanted + 1, min(count, block))
    centre = _mean(training)
    best = None
    starts = range(0, count, block)
    steps, done = len(starts) * len(queries), 0
    for start in starts:
        rows = tf.constant(_float32(training[start : start + block], centre))
        norms = tf.reduce_sum(rows * rows, axis=1)
        found = []
        for at in range(0, len(queries), at_once):
            asked = _float32(queries[at : at + at_once], centre)
            own_rows = np.full(len(asked), -1)
            if own:
                own_rows = np.arange(at, at + len(asked)) - start
            found.append(
                _nearest_of_block(
                    rows,
                    norms,
                    tf.constant(asked),
                    tf.constant(own_rows, tf.int32),
                    tf.constant(min(wanted, len(rows))),
                )
            )
            done += len(asked)
            progress(done, steps)
        distances, indices = (
            np.concatenate([np.asarray(p) for p in part])
            for part in zip(*found, strict=True)
        )
        mine = (distances, indices.astype(np.int64) + start)
        best = _merged(best, mine, k)
    return best[1]


def _mean(training):
    """float32 [features]: centred features lose less to cancellation."""
    total = np.zeros(training.shape[1])
    for at in range(0, len(training), 4096):
        total += training[at : at + 4096].sum(0, dtype=np.float64)
    return (total / len(training)).astype(np.float32)


def _float32(features, centre):
    return np.subtract(features, centre, dtype=np.float32)


@tf.function(reduce_retracing=True)
def _nearest_of_block(rows, norms, asked, own, count):
    """Squared distances and positions of candidates."""
    scores = 2 * tf.matmul(asked, rows, transpose_b=True) - norms
    is_own = own[:, None] == tf.range(tf.shape(rows)[0])
    # Equal scores: top_k gives the lower position first.
    found = tf.math.top_k(tf.where(is_own, -np.inf, scores), count)
    apart = tf.gather(rows, found.indices) - asked[:, None]
    distances = tf.reduce_sum(apart * apart, axis=-1)
    # A block may be so small that the query itself had to come along.
    distances = tf.where(tf.math.is_inf(found.values), np.inf, distances)
    return distances, found.indices


def _merged(best, mine, k):
    """The k nearest of two sets; those of `best` have the lower indices."""
    if best is not None:
        mine = [np.concatenate(p, 1) for p in zip(best, mine, strict=True)]
    # Distance first, then index.
    order = np.lexsort((mine[1], mine[0]), axis=1)[:, :k]
    return [np.take_along_axis(a, order, 1) for a in mine]


def votes(neighbours, labels, classes: int) -> np.ndarray:
    """How many neighbours are of each class.

    Args:
        neighbours: int [queries, k].
        labels: int [training examples].
        classes: Number of classes.

    Returns:
        int [queries, classes]; `argmax` gives the lower class on a tie.
    """
    theirs = np.asarray(labels)[neighbours]
    rows = np.arange(len(neighbours))[:, None]
    flat = (rows * classes + theirs).ravel()
    counted = np.bincount(flat, minlength=len(neighbours) * classes)
    return counted.reshape(-1, classes)

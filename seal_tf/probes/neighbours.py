"""Exact nearest neighbours by blocked matrix products.

The device finds candidates in float32 by |x|^2 + |y|^2 - 2xy, a few more than
are asked for, and squares their very differences. Where the bound of what
the short formula cancels says that a neighbour may have been missed (tight
clusters, many equal distances), the query is done again in float64. At equal
distance the lower index is the nearer. Where only the set is wanted, nothing is
measured again for queries whose set rounding cannot have changed.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

#: Candidates beyond k that are measured again.
MARGIN = 10
#: Queries at once, and what their candidates' features may take.
QUERIES = 1024
CANDIDATE_BYTES = 2e8


def check(k: int, count: int, own: bool) -> None:
    """Raises ValueError where so many examples have no k neighbours."""
    if k < 1 or k > count - bool(own):
        raise ValueError(
            f"--k={k}: {count:,} training examples"
            + (", none of them its own neighbour," if own else "")
            + f" allow 1 to {count - bool(own)}."
        )


def nearest(
    training,
    queries,
    k: int,
    *,
    own=False,
    ordered=True,
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
        ordered: Whether their order is wanted as exactly as their set. That
            takes longer: every candidate is measured again.
        most_bytes: Memory for training features, distances and candidates.
        progress: Called with queries done and in all, blocks times each.

    Returns:
        int64 [queries, k], indices of training examples.

    Raises:
        ValueError: there are fewer than k other training examples.
    """
    check(k, len(training), own)
    own_rows = np.arange(len(queries)) if own else np.full(len(queries), -1)
    which = np.arange(len(queries))
    if not ordered and not _tf32():
        found, sure = _sets(
            training, queries, k, own_rows, most_bytes, progress
        )
        if sure.all():
            return found
        which = np.flatnonzero(~sure)
    else:
        found = np.empty((len(queries), k), np.int64)
    found[which] = _ordered(
        training, queries, which, k, own_rows[which], most_bytes, progress
    )
    return found


def _tf32():
    """Whether products may be of less than float32's precision."""
    return (
        bool(tf.config.list_physical_devices("GPU"))
        and tf.config.experimental.tensor_float_32_execution_enabled()
    )


def _sets(training, queries, k, own_rows, most_bytes, progress):
    """The k nearest by float32's short formula, and whose set is sure.

    Sure: the k-th and the next are further apart than rounding could put
    them.
    """
    count, width = training.shape
    wanted = min(k + 2, count)
    block = int(most_bytes / 2 / (8 * width + 16 * QUERIES))
    block = max(wanted, min(count, block))
    best, longest, lengths = None, 0.0, np.empty(len(queries), np.float32)
    starts = range(0, count, block)
    steps, done = len(starts) * len(queries), 0
    for start in starts:
        rows = tf.constant(np.asarray(training[start : start + block], "f4"))
        norms = tf.reduce_sum(rows * rows, axis=1)
        # NaN stays: then nobody is sure.
        longest = np.maximum(longest, tf.reduce_max(norms).numpy())
        found = []
        for at in range(0, len(queries), QUERIES):
            asked = tf.constant(np.asarray(queries[at : at + QUERIES], "f4"))
            lengths[at : at + QUERIES] = tf.reduce_sum(asked * asked, axis=1)
            few = tf.constant(min(wanted, len(rows)))
            scores, indices = _candidates(rows, norms, asked, few)
            away, indices = -scores.numpy().astype("f8"), indices.numpy()
            indices = indices.astype(np.int64) + start
            away[indices == own_rows[at : at + QUERIES, None]] = np.inf
            found.append((away, indices))
            done += len(asked)
            progress(done, steps)
        mine = [np.concatenate(part) for part in zip(*found, strict=True)]
        best = _merged(best, mine, k + 1)
    away, indices = best
    if away.shape[1] <= k:
        return indices[:, :k], np.ones(len(queries), bool)
    error = _rounding(width) * (lengths + longest)
    return indices[:, :k], away[:, k] - away[:, k - 1] > 2 * error


@tf.function(reduce_retracing=True)
def _candidates(rows, norms, asked, count):
    """Largest 2xy - |y|^2, and their positions."""
    scores = tf.matmul(2 * asked, rows, transpose_b=True) - norms
    return tf.math.top_k(scores, count)


def _rounding(width):
    """Relative error of the short formula in float32."""
    return np.finfo(np.float32).eps * (4 + width**0.5)


def _ordered(training, queries, which, k, own_rows, most_bytes, progress):
    """The k nearest of some queries, measured again, nearest first."""
    count, width = training.shape
    wanted = min(k + MARGIN, count - bool((own_rows >= 0).any()))
    room = min(CANDIDATE_BYTES, most_bytes / 8)
    at_once = max(1, min(QUERIES, int(room / (8 * width * wanted))))
    # Each row lies there as read and as a tensor, beside its distances.
    block = int(most_bytes / 2 / (8 * width + 16 * at_once))
    block = max(wanted + 1, min(count, block))
    best = None
    starts = range(0, count, block)
    steps, done = len(starts) * len(which), 0
    for start in starts:
        rows = np.asarray(training[start : start + block], np.float32)
        prepared = tf.constant(rows)
        norms = tf.reduce_sum(prepared * prepared, axis=1)
        found = []
        for at in range(0, len(which), at_once):
            asked = np.asarray(queries[which[at : at + at_once]], np.float32)
            mine = own_rows[at : at + at_once]
            mine = np.where(mine < 0, -1, mine - start)
            distances, indices, sure = (
                part.numpy()
                for part in _nearest_of_block(
                    prepared,
                    norms,
                    tf.constant(asked),
                    tf.constant(mine, tf.int32),
                    tf.constant(min(wanted, len(rows))),
                    tf.constant(min(k, len(rows))),
                )
            )
            # A writable copy: the tensor's memory is not ours.
            distances, indices = distances.astype("f8"), indices.copy()
            if not sure.all():
                _in_float64(
                    rows,
                    asked,
                    mine,
                    np.flatnonzero(~sure),
                    distances,
                    indices,
                )
            found.append((distances, indices.astype(np.int64) + start))
            done += len(asked)
            progress(done, steps)
        mine = [np.concatenate(part) for part in zip(*found, strict=True)]
        best = _merged(best, mine, k)
    return best[1]


@tf.function(reduce_retracing=True)
def _nearest_of_block(rows, norms, asked, own, count, k):
    """Squared distances and positions of candidates, and who is sure of them.

    Sure: what the k-th candidate is away, and what rounding may have done,
    is less than what the best of those left out can be away.
    """
    scores = 2 * tf.matmul(asked, rows, transpose_b=True) - norms
    is_own = own[:, None] == tf.range(tf.shape(rows)[0])
    # Equal scores: top_k gives the lower position first.
    found = tf.math.top_k(tf.where(is_own, -np.inf, scores), count)
    apart = tf.gather(rows, found.indices) - asked[:, None]
    distances = tf.reduce_sum(apart * apart, axis=-1)
    # A block may be so small that the query itself had to come along.
    distances = tf.where(tf.math.is_inf(found.values), np.inf, distances)
    length = tf.reduce_sum(asked * asked, axis=1)
    error = _rounding(tf.cast(tf.shape(rows)[1], tf.float32)) * (
        length + tf.reduce_max(norms)
    )
    left_out = length - found.values[:, -1] - error
    farthest = -tf.math.top_k(-distances, k).values[:, -1]
    whole = count >= tf.shape(rows)[0]
    return distances, found.indices, whole | (farthest < left_out)


def _in_float64(rows, asked, own, doubtful, distances, indices):
    """Does doubtful queries again, into `distances` and `indices`.

    Every row that may be among the nearest is measured, ties included, and
    the first by (distance, index) are kept.
    """
    count = distances.shape[1]
    wide = rows.astype(np.float64)
    norms = np.einsum("rf,rf->r", wide, wide)
    for some in np.array_split(doubtful, -(-len(doubtful) // 64)):
        queries = asked[some].astype(np.float64)
        squares = np.einsum("qf,qf->q", queries, queries)
        products = queries @ wide.T
        for i, at in enumerate(some):
            away = norms - 2 * products[i] + squares[i]
            if 0 <= own[at] < len(rows):
                away[own[at]] = np.inf
            error = 1e-12 * (norms.max() + squares[i])
            limit = np.partition(away, count - 1)[count - 1] + error
            near = np.flatnonzero(away <= limit)
            apart = wide[near] - queries[i]
            exact = np.einsum("nf,nf->n", apart, apart)
            exact[np.isinf(away[near])] = np.inf
            order = np.lexsort((near, exact))[:count]
            distances[at], indices[at] = exact[order], near[order]


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

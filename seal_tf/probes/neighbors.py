"""Find exact nearest neighbors with blocked matrix products.

The device computes |x|^2 + |y|^2 - 2xy in float32 for all pairs, takes a few
more candidates than needed, and computes their distances again from the
differences of the features. A bound of the rounding error of the short
formula shows which queries may miss a neighbor (tight clusters, many equal
distances); those queries are computed again in float64. At equal distance
the lower index is the nearer neighbor. If only the set of neighbors matters,
the second computation runs only for queries whose set the rounding error can
change.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

from seal_tf.utils.progress import ProgressCallback, ignore_progress

#: Candidates beyond k whose distances are computed again.
EXTRA_CANDIDATES = 10
#: Scores in a group, of which the selection first takes the largest.
GROUP = 16
#: Queries in a batch.
QUERY_BATCH = 1024
#: Largest memory of the features of a batch's candidates.
CANDIDATE_BYTES = 2e8

#: (squared distances, indices), both [queries, neighbors].
_Nearest = tuple[np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class NeighborSearch:
    """Settings of a nearest-neighbor search.

    Args:
        k: Number of neighbors.
        exclude_self: Whether the queries are the training examples in the
            same order, so that no example is its own neighbor.
        ordered: Whether the order of the neighbors must be exact, and not
            only their set. That takes longer: the distances of all
            candidates are computed again.
        max_bytes: Memory for training features, distances and candidates.
    """

    k: int
    exclude_self: bool = False
    ordered: bool = True
    max_bytes: float = 4e9


def check_k(k: int, count: int, exclude_self: bool) -> None:
    """Check that the examples have k neighbors.

    Args:
        k: Number of neighbors.
        count: Number of training examples.
        exclude_self: Whether the queries are the training examples.

    Raises:
        ValueError: `k` is out of range.
    """
    if k < 1 or k > count - bool(exclude_self):
        raise ValueError(
            f"Argument `k` must be between 1 and {count - bool(exclude_self)} "
            f"for {count:,} training examples"
            + (", which are not their own neighbors" if exclude_self else "")
            + f". Received: k={k}."
        )


def nearest_neighbors(
    training: np.ndarray,
    queries: np.ndarray,
    search: NeighborSearch,
    progress: ProgressCallback = ignore_progress,
) -> np.ndarray:
    """Return the k nearest training examples of each query, nearest first.

    Args:
        training: [examples, features], an array or a memory map.
        queries: [queries, features].
        search: Settings of the search.
        progress: Called with the number of completed queries and of all
            queries, both times the number of blocks.

    Returns:
        int64 [queries, k], indices of training examples.

    Raises:
        ValueError: `search.k` is out of range.
    """
    check_k(search.k, len(training), search.exclude_self)
    self_rows = (
        np.arange(len(queries))
        if search.exclude_self
        else np.full(len(queries), -1)
    )
    rows = np.arange(len(queries))
    if not search.ordered and not _uses_tf32():
        neighbors, is_certain = _neighbor_sets(
            training, queries, self_rows, search, progress
        )
        if is_certain.all():
            return neighbors
        rows = np.flatnonzero(~is_certain)
    else:
        neighbors = np.empty((len(queries), search.k), np.int64)
    neighbors[rows] = _ordered_neighbors(
        training, queries, rows, self_rows[rows], search, progress
    )
    return neighbors


def _uses_tf32() -> bool:
    """Return whether products may have less than float32's precision."""
    return (
        bool(tf.config.list_physical_devices("GPU"))
        and tf.config.experimental.tensor_float_32_execution_enabled()
    )


def _neighbor_sets(
    training: np.ndarray,
    queries: np.ndarray,
    self_rows: np.ndarray,
    search: NeighborSearch,
    progress: ProgressCallback,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the neighbors by the short formula, and whose set is certain.

    A set is certain if the distances of the k-th and the next neighbor
    differ by more than the rounding error.
    """
    k, (count, width) = search.k, training.shape
    candidates = min(k + 2, count)
    block = int(search.max_bytes / 2 / (8 * width + 16 * QUERY_BATCH))
    block = max(candidates, min(count, block))
    best: _Nearest | None = None
    longest = np.float32(0.0)
    lengths = np.empty(len(queries), np.float32)
    starts = range(0, count, block)
    steps, completed = len(starts) * len(queries), 0
    for start in starts:
        rows = tf.constant(np.asarray(training[start : start + block], "f4"))
        squares = tf.reduce_sum(rows * rows, axis=1)
        # NaN propagates, so that no set is certain.
        longest = np.maximum(longest, tf.reduce_max(squares).numpy())
        batches = []
        for at in range(0, len(queries), QUERY_BATCH):
            batch = tf.constant(
                np.asarray(queries[at : at + QUERY_BATCH], "f4")
            )
            lengths[at : at + QUERY_BATCH] = tf.reduce_sum(
                batch * batch, axis=1
            )
            scores, top = _top_scores(
                rows, squares, batch, tf.constant(min(candidates, len(rows)))
            )
            distances = -scores.numpy().astype("f8")
            indices = top.numpy().astype(np.int64) + start
            distances[indices == self_rows[at : at + QUERY_BATCH, None]] = (
                np.inf
            )
            batches.append((distances, indices))
            completed += len(batch)
            progress(completed, steps)
        best = _merge(best, _concatenate(batches), k + 1)
    assert best is not None
    distances, indices = best
    if distances.shape[1] <= k:
        return indices[:, :k], np.ones(len(queries), bool)
    error = _rounding_error(width) * (lengths + longest)
    return indices[:, :k], distances[:, k] - distances[:, k - 1] > 2 * error


@tf.function(reduce_retracing=True)
def _top_scores(
    rows: tf.Tensor, squares: tf.Tensor, queries: tf.Tensor, count: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the largest 2xy - |y|^2 and their positions."""
    scores = tf.matmul(2 * queries, rows, transpose_b=True) - squares
    return _largest(scores, count)


def _largest(
    scores: tf.Tensor, count: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the largest scores and their positions, as `tf.math.top_k`.

    The `count` largest scores are in the `count` groups with the largest
    maxima. A maximum takes a fraction of the time of a selection, and the
    selection is left with a small part of the scores.
    """
    queries, size = tf.unstack(tf.shape(scores))
    groups = -(-size // GROUP)

    def select() -> tuple[tf.Tensor, tf.Tensor]:
        padding = groups * GROUP - size
        padded = tf.pad(scores, ((0, 0), (0, padding)), constant_values=-np.inf)
        grouped = tf.reshape(padded, (queries, groups, GROUP))
        best = tf.math.top_k(tf.reduce_max(grouped, -1), count, sorted=False)
        # In the order of the positions: at equal scores the lower is first.
        chosen = tf.sort(best.indices)
        candidates = tf.gather(grouped, chosen, batch_dims=1)
        positions = chosen[..., None] * GROUP + tf.range(GROUP)
        top = tf.math.top_k(tf.reshape(candidates, (queries, -1)), count)
        flat = tf.reshape(positions, (queries, -1))
        return top.values, tf.gather(flat, top.indices, batch_dims=1)

    def select_directly() -> tuple[tf.Tensor, tf.Tensor]:
        top = tf.math.top_k(scores, count)
        return top.values, top.indices

    # Too few groups would leave the selection with most of the scores.
    return tf.cond(groups >= 4 * count, select, select_directly)


def _rounding_error(width: int | tf.Tensor) -> float | tf.Tensor:
    """Return the relative error of the short formula in float32."""
    return np.finfo(np.float32).eps * (4 + width**0.5)


def _ordered_neighbors(
    training: np.ndarray,
    queries: np.ndarray,
    which: np.ndarray,
    self_rows: np.ndarray,
    search: NeighborSearch,
    progress: ProgressCallback,
) -> np.ndarray:
    """Return the neighbors of some queries, in exact order.

    Args:
        training: [examples, features].
        queries: [queries, features].
        which: int [n], rows of `queries`.
        self_rows: int [n], each query's own row in `training`, or -1.
        search: Settings of the search.
        progress: Called after each batch.

    Returns:
        int64 [n, k].
    """
    k, (count, width) = search.k, training.shape
    candidates = min(k + EXTRA_CANDIDATES, count - bool((self_rows >= 0).any()))
    candidate_bytes = min(CANDIDATE_BYTES, search.max_bytes / 8)
    batch_size = max(
        1, min(QUERY_BATCH, int(candidate_bytes / (8 * width * candidates)))
    )
    # A block needs memory for its rows, as an array and as a tensor, and
    # for distances.
    block = int(search.max_bytes / 2 / (8 * width + 16 * batch_size))
    block = max(candidates + 1, min(count, block))
    best: _Nearest | None = None
    starts = range(0, count, block)
    steps, completed = len(starts) * len(which), 0
    for start in starts:
        rows = np.asarray(training[start : start + block], np.float32)
        rows_tensor = tf.constant(rows)
        squares = tf.reduce_sum(rows_tensor * rows_tensor, axis=1)
        batches = []
        for at in range(0, len(which), batch_size):
            batch = np.asarray(queries[which[at : at + batch_size]], np.float32)
            own = self_rows[at : at + batch_size]
            own = np.where(own < 0, -1, own - start)
            distances, indices, is_certain = (
                part.numpy()
                for part in _block_neighbors(
                    rows_tensor,
                    squares,
                    tf.constant(batch),
                    tf.constant(own, tf.int32),
                    tf.constant(min(candidates, len(rows))),
                    tf.constant(min(k, len(rows))),
                )
            )
            # Copies are writable; a tensor's memory is not.
            distances, indices = distances.astype("f8"), indices.copy()
            if not is_certain.all():
                uncertain = np.flatnonzero(~is_certain)
                distances[uncertain], indices[uncertain] = _float64_neighbors(
                    rows, batch[uncertain], own[uncertain], distances.shape[1]
                )
            batches.append((distances, indices.astype(np.int64) + start))
            completed += len(batch)
            progress(completed, steps)
        best = _merge(best, _concatenate(batches), k)
    assert best is not None
    return best[1]


@tf.function(reduce_retracing=True)
def _block_neighbors(
    rows: tf.Tensor,
    squares: tf.Tensor,
    queries: tf.Tensor,
    own: tf.Tensor,
    count: tf.Tensor,
    k: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return squared distances, positions, and which queries are certain.

    A query is certain if the distance of the k-th candidate, plus the
    rounding error, is smaller than the distance of every excluded row can
    be.
    """
    scores = 2 * tf.matmul(queries, rows, transpose_b=True) - squares
    is_own = own[:, None] == tf.range(tf.shape(rows)[0])
    # At equal scores top_k returns the lower position first.
    scores = tf.where(is_own, -np.inf, scores)
    values, positions = _largest(scores, count)
    differences = tf.gather(rows, positions) - queries[:, None]
    distances = tf.reduce_sum(differences * differences, axis=-1)
    # In a small block the query itself may be among the candidates.
    distances = tf.where(tf.math.is_inf(values), np.inf, distances)
    lengths = tf.reduce_sum(queries * queries, axis=1)
    error = _rounding_error(tf.cast(tf.shape(rows)[1], tf.float32)) * (
        lengths + tf.reduce_max(squares)
    )
    nearest_excluded = lengths - values[:, -1] - error
    farthest = -tf.math.top_k(-distances, k).values[:, -1]
    is_complete = count >= tf.shape(rows)[0]
    return distances, positions, is_complete | (farthest < nearest_excluded)


def _float64_neighbors(
    rows: np.ndarray, queries: np.ndarray, own: np.ndarray, count: int
) -> _Nearest:
    """Compute the nearest rows of some queries in float64.

    The function computes the distance of every row that may be among the
    nearest, ties included, and takes the first by (distance, index).
    """
    distances = np.empty((len(queries), count))
    indices = np.empty((len(queries), count), np.int32)
    rows64 = rows.astype(np.float64)
    row_squares = np.einsum("rf,rf->r", rows64, rows64)
    positions = np.arange(len(queries))
    for batch in np.array_split(positions, -(-len(positions) // 64)):
        batch_queries = queries[batch].astype(np.float64)
        squares = np.einsum("qf,qf->q", batch_queries, batch_queries)
        products = batch_queries @ rows64.T
        for i, at in enumerate(batch):
            approximate = row_squares - 2 * products[i] + squares[i]
            if 0 <= own[at] < len(rows):
                approximate[own[at]] = np.inf
            error = 1e-12 * (row_squares.max() + squares[i])
            limit = np.partition(approximate, count - 1)[count - 1] + error
            near = np.flatnonzero(approximate <= limit)
            differences = rows64[near] - batch_queries[i]
            exact = np.einsum("nf,nf->n", differences, differences)
            exact[np.isinf(approximate[near])] = np.inf
            order = np.lexsort((near, exact))[:count]
            distances[at], indices[at] = exact[order], near[order]
    return distances, indices


def _concatenate(batches: list[_Nearest]) -> _Nearest:
    distances, indices = zip(*batches, strict=True)
    return np.concatenate(distances), np.concatenate(indices)


def _merge(best: _Nearest | None, other: _Nearest, k: int) -> _Nearest:
    """Return the k nearest of two sets, by distance, then by index."""
    distances, indices = other
    if best is not None:
        distances = np.concatenate([best[0], distances], 1)
        indices = np.concatenate([best[1], indices], 1)
    order = np.lexsort((indices, distances), axis=1)[:, :k]
    return (
        np.take_along_axis(distances, order, 1),
        np.take_along_axis(indices, order, 1),
    )


def count_votes(
    neighbors: np.ndarray, labels: np.ndarray, classes: int
) -> np.ndarray:
    """Count the neighbors of each class.

    Args:
        neighbors: int [queries, k], indices of training examples.
        labels: int [training examples].
        classes: Number of classes.

    Returns:
        int [queries, classes]; `argmax` returns the lower class on a tie.
    """
    neighbor_labels = np.asarray(labels)[neighbors]
    rows = np.arange(len(neighbors))[:, None]
    flat = (rows * classes + neighbor_labels).ravel()
    votes = np.bincount(flat, minlength=len(neighbors) * classes)
    return votes.reshape(-1, classes)

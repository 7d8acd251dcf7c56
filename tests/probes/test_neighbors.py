"""Neighbors against float64, and the treatment of ties."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.neighbors import NearestNeighbors

from seal_tf.probes import neighbors
from seal_tf.probes.neighbors import NeighborSearch, nearest_neighbors


def reference(training, queries, k, exclude_self=False):
    """Exact distances in float64; the lower index on ties."""
    x, q = training.astype("f8"), queries.astype("f8")
    d = ((q[:, None] - x[None]) ** 2).sum(-1)
    if exclude_self:
        np.fill_diagonal(d, np.inf)
    return np.argsort(d, 1, kind="stable")[:, :k]


@pytest.mark.parametrize("own", [False, True], ids=["test", "own"])
@pytest.mark.parametrize("max_bytes", [4e9, 2e5], ids=["whole", "blocks"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_nearest_neighbors_equal_float64(own, max_bytes, dtype):
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(300, 40)) + 20).astype(dtype)
    q = x if own else (rng.normal(size=(70, 40)) + 20).astype(dtype)
    search = NeighborSearch(7, exclude_self=own, max_bytes=max_bytes)
    result = nearest_neighbors(x, q, search)
    np.testing.assert_array_equal(result, reference(x, q, 7, own))


@pytest.mark.parametrize("own", [False, True], ids=["test", "own"])
@pytest.mark.parametrize("max_bytes", [4e9, 2e6], ids=["whole", "blocks"])
@pytest.mark.parametrize("ties", [False, True], ids=["apart", "ties"])
def test_nearest_neighbors_unordered_have_exact_sets(
    own, max_bytes, ties, monkeypatch
):
    """Queries whose set rounding can change are computed again."""
    monkeypatch.setattr(neighbors, "QUERY_BATCH", 64)
    rng = np.random.default_rng(0)
    x, q = rng.normal(size=(900, 40)), rng.normal(size=(150, 40))
    if ties:
        x, q = np.rint(x[:, :4]), np.rint(q[:, :4])
    x, q = x.astype("f4"), (x if own else q).astype("f4")
    counts, ordered = [], neighbors._ordered_neighbors

    def count_queries(training, queries, which, *others):
        counts.append(len(which))
        return ordered(training, queries, which, *others)

    monkeypatch.setattr(neighbors, "_ordered_neighbors", count_queries)
    search = NeighborSearch(
        7, exclude_self=own, ordered=False, max_bytes=max_bytes
    )
    result = nearest_neighbors(x, q, search)
    expected = np.sort(reference(x, q, 7, own), 1)
    np.testing.assert_array_equal(np.sort(result, 1), expected)
    assert (sum(counts) > 0.5 * len(q)) == ties


def test_nearest_neighbors_with_largest_k_returns_all_examples():
    x = np.random.default_rng(0).normal(size=(6, 3)).astype("f4")
    for own, k in ((True, 5), (False, 6)):
        search = NeighborSearch(k, exclude_self=own, ordered=False)
        result = nearest_neighbors(x, x, search)
        expected = np.sort(reference(x, x, k, own), 1)
        np.testing.assert_array_equal(np.sort(result, 1), expected)


def test_nearest_neighbors_at_equal_distance_prefer_the_lower_index():
    x = np.repeat(np.arange(5.0, dtype="f4"), 6)[:, None]
    search = NeighborSearch(8, exclude_self=True, max_bytes=400)
    result = nearest_neighbors(x, x, search)
    np.testing.assert_array_equal(result, reference(x, x, 8, True))
    # Among copies of one image, only the query itself is excluded.
    same = np.ones((20, 3), "f4")
    result = nearest_neighbors(same, same, NeighborSearch(3, exclude_self=True))
    assert result[0].tolist() == [1, 2, 3]
    assert result[5].tolist() == [0, 1, 2]


def test_nearest_neighbors_in_tight_clusters_equal_float64():
    """float32's short formula cannot distinguish these distances."""
    rng = np.random.default_rng(0)
    centers = np.repeat(rng.normal(size=(5, 200)), 40, axis=0)
    x = (centers + 1e-3 * rng.normal(size=(200, 200))).astype("f4")
    for max_bytes in (4e9, 3e5):
        search = NeighborSearch(9, exclude_self=True, max_bytes=max_bytes)
        result = nearest_neighbors(x, x, search)
        np.testing.assert_array_equal(result, reference(x, x, 9, True))
    x = rng.integers(0, 2, (300, 8)).astype("f4")
    result = nearest_neighbors(x, x, NeighborSearch(9, exclude_self=True))
    np.testing.assert_array_equal(result, reference(x, x, 9, True))


def test_count_votes_on_a_tie_prefers_the_lower_class():
    votes = neighbors.count_votes(np.array([[0, 1, 2, 3]]), [2, 0, 2, 0], 3)
    assert votes.tolist() == [[2, 0, 2]]
    assert votes.argmax(1).tolist() == [0]


@pytest.mark.parametrize("k", [0, 5])
def test_nearest_neighbors_with_k_out_of_range_raises(k):
    x = np.zeros((5, 2), "f4")
    with pytest.raises(ValueError, match=f"1 and 4 for 5 .* k={k}"):
        nearest_neighbors(x, x, NeighborSearch(k, exclude_self=True))


@pytest.mark.photos
def test_nearest_neighbors_of_photographs_equal_scikit_learn(photos):
    """They agree wherever distances differ by more than 1e-5."""
    import pipelines

    train, test = (
        pipelines.read(
            "image_folder",
            split,
            data_dir=photos / "eurosat.zip",
            classes=4,
            image_size=16,
        )
        for split in ("train", "validation")
    )
    x, q = (
        i.pixels.reshape(len(i), -1).astype("f4") / 255 for i in (train, test)
    )
    result = nearest_neighbors(x, q, NeighborSearch(30))
    distances, expected = (
        NearestNeighbors(algorithm="brute").fit(x).kneighbors(q, 31)
    )
    for row, expected_row, d in zip(result, expected, distances, strict=True):
        clear = np.flatnonzero(np.diff(d[:31]) > 1e-5)
        # Between two clear gaps the sets must agree.
        for a, b in zip(np.r_[0, clear + 1], clear + 1, strict=False):
            assert set(row[a:b]) == set(expected_row[a:b])


@pytest.mark.parametrize("size", [5, 100, 500])
@pytest.mark.parametrize("levels", [2, 1000])
def test_largest_equals_top_k_also_at_equal_scores(size, levels):
    """On both sides of the limit, and where groups are not full."""
    rng = np.random.default_rng(size)
    scores = rng.integers(0, levels, (7, size)).astype("f4")
    scores[:, ::3] = -np.inf
    values, positions = neighbors._largest(tf.constant(scores), tf.constant(5))
    expected = tf.math.top_k(scores, 5)
    np.testing.assert_array_equal(values, expected.values)
    np.testing.assert_array_equal(positions, expected.indices)

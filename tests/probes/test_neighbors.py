"""Neighbours against scikit-learn's, and what is done about ties."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from seal_tf.probes import neighbours


def reference(training, queries, k, own=False):
    """Exact distances in float64; the lower index on ties."""
    x, q = training.astype("f8"), queries.astype("f8")
    d = ((q[:, None] - x[None]) ** 2).sum(-1)
    if own:
        np.fill_diagonal(d, np.inf)
    return np.argsort(d, 1, kind="stable")[:, :k]


@pytest.mark.parametrize("own", [False, True], ids=["test", "own"])
@pytest.mark.parametrize("most_bytes", [4e9, 2e5], ids=["whole", "blocks"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_against_float64(own, most_bytes, dtype):
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(300, 40)) + 20).astype(dtype)
    q = x if own else (rng.normal(size=(70, 40)) + 20).astype(dtype)
    found = neighbours.nearest(x, q, 7, own=own, most_bytes=most_bytes)
    np.testing.assert_array_equal(found, reference(x, q, 7, own))


@pytest.mark.parametrize("own", [False, True], ids=["test", "own"])
@pytest.mark.parametrize("most_bytes", [4e9, 2e6], ids=["whole", "blocks"])
@pytest.mark.parametrize("ties", [False, True], ids=["apart", "ties"])
def test_sets_are_exact_without_their_order(own, most_bytes, ties, monkeypatch):
    """Those that rounding may have swapped are done again."""
    monkeypatch.setattr(neighbours, "QUERIES", 64)
    rng = np.random.default_rng(0)
    x, q = rng.normal(size=(900, 40)), rng.normal(size=(150, 40))
    if ties:
        x, q = np.rint(x[:, :4]), np.rint(q[:, :4])
    x, q = x.astype("f4"), (x if own else q).astype("f4")
    again, ordered = [], neighbours._ordered

    def counted(training, queries, which, *more):
        again.append(len(which))
        return ordered(training, queries, which, *more)

    monkeypatch.setattr(neighbours, "_ordered", counted)
    found = neighbours.nearest(
        x, q, 7, own=own, ordered=False, most_bytes=most_bytes
    )
    expected = np.sort(reference(x, q, 7, own), 1)
    np.testing.assert_array_equal(np.sort(found, 1), expected)
    assert (sum(again) > 0.5 * len(q)) == ties


def test_as_many_neighbours_as_there_are():
    x = np.random.default_rng(0).normal(size=(6, 3)).astype("f4")
    for own, k in ((True, 5), (False, 6)):
        found = neighbours.nearest(x, x, k, own=own, ordered=False)
        expected = np.sort(reference(x, x, k, own), 1)
        np.testing.assert_array_equal(np.sort(found, 1), expected)


def test_equal_distances_go_to_the_lower_index():
    x = np.repeat(np.arange(5.0, dtype="f4"), 6)[:, None]
    found = neighbours.nearest(x, x, 8, own=True, most_bytes=400)
    np.testing.assert_array_equal(found, reference(x, x, 8, own=True))
    # Copies of one image: itself is left out, not the first of its like.
    same = np.ones((20, 3), "f4")
    found = neighbours.nearest(same, same, 3, own=True)
    assert found[0].tolist() == [1, 2, 3]
    assert found[5].tolist() == [0, 1, 2]


def test_tight_clusters_and_many_ties():
    """What float32's short formula cannot tell apart."""
    rng = np.random.default_rng(0)
    centres = np.repeat(rng.normal(size=(5, 200)), 40, axis=0)
    x = (centres + 1e-3 * rng.normal(size=(200, 200))).astype("f4")
    for most_bytes in (4e9, 3e5):
        found = neighbours.nearest(x, x, 9, own=True, most_bytes=most_bytes)
        np.testing.assert_array_equal(found, reference(x, x, 9, own=True))
    x = rng.integers(0, 2, (300, 8)).astype("f4")
    found = neighbours.nearest(x, x, 9, own=True)
    np.testing.assert_array_equal(found, reference(x, x, 9, own=True))


def test_votes_tie_to_the_lower_class():
    found = neighbours.votes(np.array([[0, 1, 2, 3]]), [2, 0, 2, 0], 3)
    assert found.tolist() == [[2, 0, 2]]
    assert found.argmax(1).tolist() == [0]


@pytest.mark.parametrize("k", [0, 5])
def test_too_many_neighbours(k):
    x = np.zeros((5, 2), "f4")
    with pytest.raises(ValueError, match=f"--k={k}: 5 training .* 1 to 4"):
        neighbours.nearest(x, x, k, own=True)


@pytest.mark.photos
def test_agrees_with_scikit_learn_on_photographs(photos):
    """As the issue asks: wherever distances differ by more than 1e-5."""
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
    found = neighbours.nearest(x, q, 30)
    far, theirs = NearestNeighbors(algorithm="brute").fit(x).kneighbors(q, 31)
    for mine, wanted, d in zip(found, theirs, far, strict=True):
        clear = np.flatnonzero(np.diff(d[:31]) > 1e-5)
        # Between two clear gaps the sets must agree.
        for a, b in zip(np.r_[0, clear + 1], clear + 1, strict=False):
            assert set(mine[a:b]) == set(wanted[a:b])

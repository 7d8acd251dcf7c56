"""What is held out, and what is in both parts."""

import numpy as np
import pytest

import pipelines
from pipelines.errors import DataError
from pipelines.images import Images
from pipelines.sources.split import held_out
from pipelines.splits import hold_out, in_both
from tests.pipelines.test_decode import encoded


def some(count=40, classes=4):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (count, 4, 4, 3), np.uint8)
    names = tuple("abcdefgh"[:classes])
    labels = (np.arange(count) % classes).astype(np.int32)
    return Images("some", pixels, labels, names)


def test_hold_out_is_seeded_and_balanced():
    images = some()
    rest, slice_ = hold_out(images, 0.2, seed=3)
    assert np.bincount(slice_.labels).tolist() == [2] * 4
    assert np.bincount(rest.labels).tolist() == [8] * 4
    assert not in_both(rest, slice_)
    assert len(in_both(images, slice_)) == 8
    again = hold_out(images, 0.2, seed=3)[1]
    np.testing.assert_array_equal(slice_.pixels, again.pixels)
    other = hold_out(images, 0.2, seed=4)[1]
    assert not np.array_equal(slice_.pixels, other.pixels)
    with pytest.raises(DataError, match="--val_from_train=1"):
        hold_out(images, 1, seed=0)
    with pytest.raises(DataError, match="class 'a' has one image"):
        hold_out(some(4), 0.5, seed=0)


def test_pairs_in_both_splits():
    first, second = some(), some(12)
    second.pixels[:] = 0
    second.pixels[[3, 7]] = first.pixels[[20, 5]]
    assert in_both(first, second) == [(20, 3), (5, 7)]


def test_held_out_by_hash():
    keys = [f"image_{i}.jpg" for i in range(50)]
    chosen = held_out(keys, 0.2)
    assert chosen.sum() == 10
    # More images move none of those from one part to the other at random:
    # what is held out of a part is what has the smallest hashes there.
    some_keys = [k for k, c in zip(keys, chosen, strict=True) if c]
    assert held_out(some_keys, 0.99).sum() == 9
    assert held_out(["one"], 0.5).sum() == 0


def test_one_folder_of_classes(tmp_path):
    for name in ("cats", "dogs"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for i in range(10):
            file = tmp_path / "mine" / name / f"{i}.png"
            file.write_bytes(encoded("PNG", "RGB"))
    found = {
        split: pipelines.read(
            "image_folder", split, data_dir=tmp_path, split_fraction=0.3
        )
        for split in ("train", "validation")
    }
    assert [len(f) for f in found.values()] == [14, 6]
    assert found["train"].class_names == ("cats", "dogs")
    with pytest.raises(DataError, match="--split_fraction=0.2 or its like"):
        pipelines.read("image_folder", "train", data_dir=tmp_path)
    with pytest.raises(DataError, match="between 0 and 1"):
        pipelines.read(
            "image_folder", "train", data_dir=tmp_path, split_fraction=2.0
        )

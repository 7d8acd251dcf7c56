"""Encoded splits, and the choice of held-out images."""

from pipelines.io.encoded_split import (
    holdout_mask,
    omission,
    split_from_tree,
)
from pipelines.io.file_tree import FileTree
from tests.pipelines.fakes import write_files


def test_holdout_mask_smallest_hashes_are_held_out():
    keys = [f"image_{i}.jpg" for i in range(50)]
    mask = holdout_mask(keys, 0.2)
    assert mask.sum() == 10
    # At least one image is not held out, whatever the fraction.
    held_out = [key for key, is_out in zip(keys, mask, strict=True) if is_out]
    assert holdout_mask(held_out, 0.99).sum() == 9
    assert holdout_mask(["one"], 0.5).sum() == 0
    # A name from a file system without UTF-8.
    assert holdout_mask(["caf\udce9.png", "b.png"], 0.5).sum() == 1


def test_split_from_tree_reads_and_streams_files(tmp_path):
    path = write_files({"a/1": b"one", "a/2": b"two"}, tmp_path / "d")
    tree = FileTree(path, ("a/",))
    split = split_from_tree(tree, "some train", {"a": ["a/1", "a/2"]})
    assert split.read_bytes("a/2") == b"two"
    assert list(split.stream_bytes(["a/2", "a/1"])) == [
        (0, b"two"),
        (1, b"one"),
    ]
    assert split.describe_key("a/1") == str(path / "a" / "1")
    before = split.fingerprint
    (path / "a" / "1").write_bytes(b"other")
    assert split_from_tree(tree, "some train", {}).fingerprint != before


def test_omission_has_the_count_and_location_of_the_first(tmp_path):
    tree = FileTree(write_files({"a/1": b"", "a/2": b""}, tmp_path), ("a/",))
    (reported,) = omission(tree, tree.names, "files")
    assert str(reported) == f"2 files; the first is {tmp_path}/a/1"
    assert omission(tree, [], "files") == []
    split = split_from_tree(tree, "some train", {}, [reported])
    assert split.omissions == (reported,)

"""Folders and zip archives as trees of files."""

import pytest

import pipelines
from pipelines.io.file_tree import FileTree
from tests.pipelines.fakes import image_folder_files, write_files


def test_read_unusable_data_dir_raises(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.zip").write_bytes(b"PK no zip")
    for path, message in (
        (tmp_path / "nowhere", "no such folder or zip"),
        (tmp_path / "empty", "empty"),
        (tmp_path / "bad.zip", "not a readable zip"),
        (None, "Argument `data_dir` must be"),
    ):
        with pytest.raises(pipelines.DataError, match=message):
            pipelines.read("tiny_imagenet", "train", data_dir=path)


@pytest.mark.parametrize("file", ["d", "d.zip"])
def test_names_numbers_are_in_natural_order(tmp_path, file):
    files = {f"top/x/{i}.txt": b"1\n\n2" for i in (10, 2, 1)}
    files["top/.hidden/x/3.txt"] = b"3"
    tree = FileTree(write_files(files, tmp_path / file), ("x/",))
    assert tree.names == ["x/1.txt", "x/2.txt", "x/10.txt"]
    assert tree.read_bytes("x/2.txt") == b"1\n\n2"
    assert tree.read_lines("x/2.txt") == ["1", "2"]
    with pytest.raises(pipelines.DataError, match=r"3\.txt: missing"):
        tree.read_lines("x/3.txt")


def test_names_linked_folders_are_followed(tmp_path):
    write_files(image_folder_files(), tmp_path / "d")
    (tmp_path / "d" / "train" / "bee").rename(tmp_path / "bees")
    (tmp_path / "d" / "train" / "bee").symlink_to(tmp_path / "bees")
    train = pipelines.read("image_folder", "train", data_dir=tmp_path / "d")
    assert len(train) == 22

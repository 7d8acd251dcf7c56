"""Folders and zip archives as trees of files."""

import multiprocessing
import os
import random
import zipfile

import pytest

import pipelines
from pipelines.io import archives
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


def test_names_of_a_zip_may_start_with_the_current_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for name in ("./x/1.txt", "./x/2.txt", "./.hidden/3.txt"):
            archive.writestr(name, name)
    tree = FileTree(tmp_path / "d.zip", ("x/",))
    assert tree.names == ["x/1.txt", "x/2.txt"]
    assert tree.read_bytes("x/1.txt") == b"./x/1.txt"


def test_names_of_a_zip_may_have_backslashes(tmp_path):
    """Some tools for Windows write them."""
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("top\\x\\1.txt", "1")
        archive.mkdir("top\\y")
    tree = FileTree(tmp_path / "d.zip", ("x/",))
    assert tree.names == ["x/1.txt"]
    assert tree.read_bytes("x/1.txt") == b"1"


def test_large_files_of_a_zip_are_refused_when_they_are_read(
    tmp_path, monkeypatch
):
    """A video beside the images does no harm."""
    monkeypatch.setattr(archives, "MAX_FILE_SIZE", 4)
    files = {"x/1.txt": b"1", "x/clip.mp4": b"12345"}
    tree = FileTree(write_files(files, tmp_path / "d.zip"), ("x/",))
    assert tree.read_bytes("x/1.txt") == b"1"
    with pytest.raises(pipelines.DataError, match="5 bytes unpacked, more"):
        tree.read_bytes("x/clip.mp4")
    with pytest.raises(pipelines.DataError, match=r"x/2\.txt: damaged in the"):
        tree.read_bytes("x/2.txt")


def test_plain_images_of_a_zip_may_shrink_a_lot(tmp_path):
    with zipfile.ZipFile(
        tmp_path / "d.zip", "w", zipfile.ZIP_DEFLATED
    ) as archive:
        for number in range(40):
            archive.writestr(f"x/{number}.bmp", bytes(2**20))
    assert len(FileTree(tmp_path / "d.zip", ("x/",)).names) == 40


def test_names_linked_folders_are_followed(tmp_path):
    write_files(image_folder_files(), tmp_path / "d")
    (tmp_path / "d" / "train" / "bee").rename(tmp_path / "bees")
    (tmp_path / "d" / "train" / "bee").symlink_to(tmp_path / "bees")
    train = pipelines.read("image_folder", "train", data_dir=tmp_path / "d")
    assert len(train) == 22


@pytest.mark.parametrize("order", [("c1", "c01"), ("c01", "c1")])
@pytest.mark.parametrize("file", ["d", "d.zip"])
def test_names_that_differ_in_zeros_only_do_not_tie(tmp_path, file, order):
    files = {f"x/{name}.txt": b"" for name in (*order, "c2", "c001")}
    tree = FileTree(write_files(files, tmp_path / file), ("x/",))
    assert tree.names == ["x/c001.txt", "x/c01.txt", "x/c1.txt", "x/c2.txt"]


def test_names_order_does_not_depend_on_the_file_system(tmp_path, monkeypatch):
    """Folders are listed in a random order."""
    files = {
        f"x/{c}/{i:0{w}}": b"" for c in "ab" for i in (1, 2) for w in (1, 2)
    }
    path = write_files(files, tmp_path / "d")
    expected = FileTree(path, None).names
    scandir = os.scandir

    class Shuffled:
        def __init__(self, folder):
            self.entries = list(scandir(folder))
            random.Random(0).shuffle(self.entries)

        def __enter__(self):
            return iter(self.entries)

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(os, "scandir", Shuffled)
    assert FileTree(path, None).names == expected
    assert len(set(expected)) == 8


def _read_names(path, names):
    names.put(FileTree(path, ("train/",)).names)


def test_names_links_to_a_parent_are_not_followed(tmp_path):
    """Two such links would give 2**40 paths before the system refuses."""
    path = write_files(image_folder_files(), tmp_path / "d")
    for link in ("train/all", "train/latest", "train/ant/self"):
        (path / link).symlink_to("..", target_is_directory=True)
    (path / "train" / "loop").symlink_to("loop")
    context = multiprocessing.get_context("fork")
    names = context.Queue()
    process = context.Process(target=_read_names, args=(path, names))
    process.start()
    try:
        files = names.get(timeout=20)
    finally:
        process.kill()
    assert sorted(files) == sorted([*image_folder_files(), "train/loop"])
    tree = FileTree(path, ("train/",))
    assert tree.circular_links == [
        "train/all",
        "train/ant/self",
        "train/latest",
    ]
    # A link that leads nowhere does not end in a traceback.
    assert tree.fingerprint()


def test_names_links_between_all_folders_are_refused(tmp_path):
    """Each of 10 folders has links to all others: 10! paths."""
    for folder in range(10):
        (tmp_path / str(folder)).mkdir()
        for other in range(10):
            (tmp_path / str(folder) / f"to{other}").symlink_to(f"../{other}")
    write_files({"0/a.png": b""}, tmp_path)
    with pytest.raises(pipelines.DataError, match="more than 1,000 paths"):
        FileTree(tmp_path, None)


def test_names_folder_linked_from_two_splits_is_in_both(tmp_path):
    files = {"ant/0.png": b"", "bee/0.png": b""}
    write_files(files, tmp_path / "all")
    for split in ("train", "val"):
        (tmp_path / "d").mkdir(exist_ok=True)
        (tmp_path / "d" / split).symlink_to(tmp_path / "all")
    assert len(FileTree(tmp_path / "d", ("train/",)).names) == 4


@pytest.mark.parametrize("file", ["d", "d.zip"])
def test_root_several_folders_with_the_marker_raise(tmp_path, file):
    files = {f"{top}/train/a/0.png": b"" for top in ("mine", "other", "third")}
    files["empty/a.txt"] = b""
    path = write_files(files, tmp_path / file)
    message = "mine and other and third each have train/. Set `data_dir`"
    with pytest.raises(pipelines.DataError, match=message):
        FileTree(path, ("train/",))


def test_folders_of_a_zip_are_its_entries(tmp_path):
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.mkdir("x/empty")
        archive.mkdir("x/.hidden")
        archive.writestr("x/a/0.txt", b"0")
    tree = FileTree(tmp_path / "d.zip", None)
    assert tree.names == ["a/0.txt"]
    assert tree.folders == ["empty"]
    tree = FileTree(write_files({"x/a/0": b""}, tmp_path / "f"), ("x/",))
    assert tree.folders == ["x", "x/a"]

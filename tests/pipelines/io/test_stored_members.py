"""Members of a zip in mapped memory, against zipfile."""

import zipfile

import pytest

from pipelines.errors import DataError
from pipelines.io.file_tree import FileTree
from pipelines.io.stored_members import StoredMembers

CONTENT = {"a/1.jpg": b"first", "a/é.jpg": b"second" * 100, "a/empty": b""}


@pytest.fixture
def path(tmp_path):
    """A zip with stored members and a packed one."""
    path = tmp_path / "images.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in CONTENT.items():
            archive.writestr(name, data)
        archive.writestr("a/packed", b"x" * 99, zipfile.ZIP_DEFLATED)
    return path


def test_read_returns_stored_members_only(path):
    with zipfile.ZipFile(path) as archive:
        members = StoredMembers(path, archive)
        for name, data in CONTENT.items():
            assert members.read(name) == data
        assert members.read("a/packed") is None
        assert members.read("missing") is None


def test_read_of_an_archive_after_other_bytes(path):
    path.write_bytes(b"a program that unpacks itself" + path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        assert StoredMembers(path, archive).read("a/1.jpg") == b"first"


def test_damaged_member_is_left_to_zipfile_and_reported(path):
    data = path.read_bytes()
    path.write_bytes(data.replace(b"first", b"f1rst"))
    with zipfile.ZipFile(path) as archive:
        assert StoredMembers(path, archive).read("a/1.jpg") is None
    tree = FileTree(path, None)
    with pytest.raises(DataError, match="damaged in the zip"):
        tree.read_bytes("1.jpg" if "1.jpg" in tree.names else "a/1.jpg")


def test_member_with_another_name_in_its_header_is_left_to_zipfile(path):
    data = path.read_bytes()
    # The first occurrence is the local header; zipfile refuses the member.
    path.write_bytes(data.replace(b"a/1.jpg", b"a/2.jpg", 1))
    with zipfile.ZipFile(path) as archive:
        assert StoredMembers(path, archive).read("a/1.jpg") is None

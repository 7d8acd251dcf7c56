"""Archives: hostile members are refused, and files are read."""

import io
import stat
import tarfile
import zipfile

import pytest

from pipelines.errors import DataError
from pipelines.io import archives


def write_zip(path, entries):
    """Write (name, content) pairs without changing the names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def write_tar(path, entries, **links):
    """Write (name, content) pairs and symbolic links."""
    with tarfile.open(path, "w:gz") as archive:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target in links.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return path


HOSTILE_MEMBERS = {
    "parent_folder": ([("a/../../x", b"1")], "leads out"),
    "absolute_path": ([("/etc/x", b"1")], "leads out"),
    "drive": ([("C:/x", b"1")], "leads out"),
    "backslashes": ([("a\\..\\..\\x", b"1")], "leads out"),
    "collision": ([("a/x", b"1"), ("a/./x", b"2")], "collides with 'a/x'"),
    "bomb": ([("a", bytes(60_000_000))], "over 200 times"),
}


@pytest.mark.parametrize("write", [write_zip, write_tar], ids=["zip", "tar"])
@pytest.mark.parametrize("case", HOSTILE_MEMBERS)
def test_checked_members_hostile_member_raises(tmp_path, write, case):
    entries, message = HOSTILE_MEMBERS[case]
    path = write(tmp_path / "archive", [("fine", b"1"), *entries])
    with pytest.raises(DataError, match=message) as caught:
        archives.checked_members(path)
    # The message has the member's name as the archive has it.
    assert repr(entries[-1][0]) in str(caught.value)


def test_checked_members_link_in_tar_raises(tmp_path):
    path = write_tar(tmp_path / "a.tar", [("x", b"1")], evil="/etc/passwd")
    with pytest.raises(DataError, match="'evil' is refused: it is a link"):
        archives.checked_members(path)


def test_checked_members_link_in_zip_raises(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("evil")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match="'evil' is refused: it is a link"):
        archives.checked_members(tmp_path / "a.zip")


def test_checked_members_file_over_the_limit_raises(tmp_path):
    path = write_zip(tmp_path / "b.zip", [("large", b"12345")])
    message = "5 bytes unpacked, more than the limit of 4"
    with pytest.raises(DataError, match=message):
        archives.checked_members(path, max_file_size=4)
    assert archives.checked_members(path) == [
        archives.ArchiveMember("large", 5)
    ]


def test_checked_members_truncated_zip_raises(tmp_path):
    path = write_zip(
        tmp_path / "a.zip", [(f"f{i}", b"x" * 99) for i in range(9)]
    )
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="not a readable zip or tar"):
        archives.checked_members(path)


@pytest.mark.parametrize("write", [write_zip, write_tar], ids=["zip", "tar"])
def test_archive_reading_zip_and_tar_give_the_same(tmp_path, write):
    files = [("top/list.txt", b"one\n\ntwo\n"), ("top/x.bin", b"123")]
    path = write(tmp_path / "archive", files)
    assert list(archives.iterate_archive(path)) == files
    names, archive = archives.open_checked_archive(path)
    with archive:
        assert names == ["top/list.txt", "top/x.bin"]
        lines = archives.read_archive_lines(archive, names, "list.txt", path)
        assert lines == ["one", "two"]
        with pytest.raises(DataError, match=r"no ist\.txt"):
            archives.read_archive_lines(archive, names, "ist.txt", path)

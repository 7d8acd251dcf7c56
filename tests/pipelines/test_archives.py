"""Archives are hostile until shown otherwise."""

import io
import stat
import tarfile
import zipfile

import pytest

from pipelines import archives
from pipelines.errors import DataError


def zip_of(path, entries):
    """Writes (name, data) pairs, as they are."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def tar_of(path, entries, **links):
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


BAD = {
    "out of the folder": ([("a/../../x", b"1")], "leads out"),
    "absolute": ([("/etc/x", b"1")], "leads out"),
    "a drive": ([("C:/x", b"1")], "leads out"),
    "backwards": ([("a\\..\\..\\x", b"1")], "leads out"),
    "collides": ([("a/x", b"1"), ("a/./x", b"2")], "collides with 'a/x'"),
    "a bomb": ([("a", bytes(20_000_000))], "over 200 times"),
}


@pytest.mark.parametrize("make", [zip_of, tar_of], ids=["zip", "tar"])
@pytest.mark.parametrize("case", BAD)
def test_refused(tmp_path, make, case):
    entries, message = BAD[case]
    path = make(tmp_path / "archive", [("fine", b"1"), *entries])
    with pytest.raises(DataError, match=message) as caught:
        archives.members(path)
    # The member is named, once as it was written.
    assert repr(entries[-1][0]) in str(caught.value)


def test_links_and_size(tmp_path):
    path = tar_of(tmp_path / "a.tar", [("x", b"1")], evil="/etc/passwd")
    with pytest.raises(DataError, match="'evil' is refused: a link"):
        archives.members(path)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("evil")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match="'evil' is refused: a link"):
        archives.members(tmp_path / "a.zip")
    path = zip_of(tmp_path / "b.zip", [("large", b"12345")])
    with pytest.raises(DataError, match="5 bytes unpacked, more than the 4"):
        archives.members(path, largest=4)
    assert archives.members(path) == [archives.Member("large", 5)]


def test_truncated(tmp_path):
    path = zip_of(tmp_path / "a.zip", [(f"f{i}", b"x" * 99) for i in range(9)])
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="not a readable zip or tar"):
        archives.members(path)

"""What an archive may hold. Nothing from an archive is trusted.

Archives are read in place, member by member; these checks come first, so
that no member's name leads out of a folder, is a link, unpacks to an absurd
size or stands for two files.
"""

from __future__ import annotations

import dataclasses
import stat
import tarfile
import zipfile
from pathlib import Path

from pipelines.errors import DataError

#: No photograph of these data sets comes near it; a bomb does.
LARGEST_FILE = 64 * 2**20
#: Unpacked over packed, of a whole archive. JPEGs hardly shrink at all.
LARGEST_RATIO = 200


@dataclasses.dataclass(frozen=True)
class Member:
    """One file of an archive.

    Args:
        name: As the archive has it.
        size: Unpacked, in bytes.
    """

    name: str
    size: int


def members(path, largest: int = LARGEST_FILE) -> list[Member]:
    """The files of a zip or tar, checked.

    Args:
        path: The archive.
        largest: What one file may unpack to, in bytes.

    Raises:
        DataError: it cannot be read, or holds what is refused; the member
            is named.
    """
    path = Path(path)
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return _checked(path, _of_zip(path, archive), largest)
        return _checked(path, _of_tar(path), largest)
    except DataError:
        raise
    except Exception as error:
        raise _unreadable(path, error) from error


def open_zip(path) -> tuple[zipfile.ZipFile, list[str]]:
    """An open zip and the names of its files, checked.

    Raises:
        DataError: as `members`.
    """
    path = Path(path)
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:
        raise _unreadable(path, error) from error
    found = _checked(path, _of_zip(path, archive), LARGEST_FILE)
    return archive, [member.name for member in found]


def _unreadable(path, error):
    return DataError(
        f"{path}: not a readable zip or tar ({error}); fetch it again."
    )


def _of_zip(path, archive):
    for info in archive.infolist():
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _refused(path, info.filename, "a link")
        yield info.filename, info.file_size, info.is_dir()


def _of_tar(path):
    with tarfile.open(path) as archive:
        for info in archive:
            if info.issym() or info.islnk():
                raise _refused(path, info.name, "a link")
            if not (info.isfile() or info.isdir()):
                raise _refused(path, info.name, "neither file nor folder")
            yield info.name, info.size, info.isdir()


def _checked(path, entries, largest):
    found, names, total = [], {}, 0
    largest_sum = LARGEST_RATIO * max(path.stat().st_size, 1 << 16)
    for name, size, is_folder in entries:
        parts = name.replace("\\", "/").split("/")
        if ".." in parts or name[:1] in "/\\" or name[1:2] == ":":
            raise _refused(path, name, "its name leads out of the folder")
        if is_folder:
            continue
        plain = "/".join(p for p in parts if p not in (".", ""))
        if plain in names:
            raise _refused(path, name, f"collides with {names[plain]!r}")
        names[plain] = name
        if size > largest:
            raise _refused(
                path,
                name,
                f"{size:,} bytes unpacked, more than the {largest:,} "
                "that any file here may have",
            )
        total += size
        if total > largest_sum:
            raise _refused(
                path,
                name,
                f"with it the archive unpacks to over {LARGEST_RATIO} times "
                "its size",
            )
        found.append(Member(name, size))
    return found


def _refused(path, name, why):
    return DataError(f"{path}: member {name!r} is refused: {why}.")

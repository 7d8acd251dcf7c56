"""Checked reading of zip and tar archives.

Archives are not trusted, and they are read in place, member by member. The
checks refuse a member whose name leads out of its folder, that is a link,
that unpacks to an excessive size, or that collides with another member.
"""

from __future__ import annotations

import dataclasses
import os
import stat
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pipelines.errors import DataError

#: Default maximum size of an unpacked file, in bytes. No photograph of the
#: supported data sets is nearly as large.
MAX_FILE_SIZE = 64 * 2**20
#: Maximum ratio of the unpacked to the packed size of an archive. JPEG files
#: hardly shrink when packed.
MAX_COMPRESSION_RATIO = 200


@dataclasses.dataclass(frozen=True)
class ArchiveMember:
    """A file of an archive.

    Args:
        name: Name of the file in the archive.
        size: Unpacked size in bytes.
    """

    name: str
    size: int


def checked_members(
    path: str | os.PathLike[str], max_file_size: int = MAX_FILE_SIZE
) -> list[ArchiveMember]:
    """List the files of a zip or tar archive after checking all members.

    Args:
        path: Path of the archive.
        max_file_size: Maximum unpacked size of a file, in bytes. Defaults to
            `MAX_FILE_SIZE`.

    Returns:
        The files of the archive, without its folders.

    Raises:
        DataError: The archive cannot be read, or a member is refused.
    """
    path = Path(path)
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return _check(path, _zip_entries(path, archive), max_file_size)
        return _check(path, _tar_entries(path), max_file_size)
    except DataError:
        raise
    except Exception as error:
        raise _unreadable(path, error) from error


def open_checked_zip(
    path: str | os.PathLike[str],
) -> tuple[zipfile.ZipFile, list[ArchiveMember]]:
    """Open a zip archive after checking all members, but for their sizes.

    Files that are not read may have any size, such as a video beside the
    images. Call `check_size` before a file is read.

    Args:
        path: Path of the archive.

    Returns:
        The open archive and its files.

    Raises:
        DataError: The archive cannot be read, or a member is refused.
    """
    path = Path(path)
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:
        raise _unreadable(path, error) from error
    return archive, _check(path, _zip_entries(path, archive), None)


def open_checked_archive(
    path: str | os.PathLike[str],
) -> tuple[list[str], zipfile.ZipFile | tarfile.TarFile]:
    """Open a zip or tar archive after checking all members.

    Args:
        path: Path of the archive.

    Returns:
        The names of the files and the open archive.

    Raises:
        DataError: The archive cannot be read, or a member is refused.
    """
    names = [member.name for member in checked_members(path)]
    if zipfile.is_zipfile(path):
        return names, zipfile.ZipFile(path)
    return names, tarfile.open(path)


def read_archive_lines(
    archive: zipfile.ZipFile | tarfile.TarFile,
    names: Sequence[str],
    suffix: str,
    path: str | os.PathLike[str],
) -> list[str]:
    """Read the non-empty lines of a text file in an archive.

    Args:
        archive: The open archive.
        names: Names of its files.
        suffix: Last components of the text file's name, such as
            "data/variants.txt". The first file that matches is read.
        path: Path of the archive, for messages.

    Returns:
        The non-empty lines.

    Raises:
        DataError: The archive has no such file.
    """
    name = next((n for n in names if f"/{n}".endswith(f"/{suffix}")), None)
    if name is None:
        raise DataError(f"{path}: the archive has no {suffix}.")
    if isinstance(archive, zipfile.ZipFile):
        data = archive.read(name)
    else:
        file = archive.extractfile(name)
        data = file.read() if file is not None else b""
    return [line for line in data.decode().splitlines() if line.strip()]


def iterate_archive(
    path: str | os.PathLike[str],
) -> Iterator[tuple[str, bytes]]:
    """Iterate over the files of a zip or tar archive in their stored order.

    A compressed tar can only be read in this order.

    Args:
        path: Path of the archive.

    Yields:
        The name and the content of each file.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    yield info.filename, archive.read(info)
        return
    with tarfile.open(path) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None:
                yield member.name, file.read()


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path}: not a readable zip or tar ({error}). Download it again."
    )


def _zip_entries(
    path: Path, archive: zipfile.ZipFile
) -> Iterator[tuple[str, int, bool]]:
    """Yield (name, unpacked size, is a folder) of each member."""
    for info in archive.infolist():
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _refused(path, info.filename, "it is a link")
        yield info.filename, info.file_size, info.is_dir()


def _tar_entries(path: Path) -> Iterator[tuple[str, int, bool]]:
    """Yield (name, unpacked size, is a folder) of each member."""
    with tarfile.open(path) as archive:
        for info in archive:
            if info.issym() or info.islnk():
                raise _refused(path, info.name, "it is a link")
            if not (info.isfile() or info.isdir()):
                raise _refused(
                    path, info.name, "it is neither a file nor a folder"
                )
            yield info.name, info.size, info.isdir()


def _check(
    path: Path,
    entries: Iterable[tuple[str, int, bool]],
    max_file_size: int | None,
) -> list[ArchiveMember]:
    members: list[ArchiveMember] = []
    names: dict[str, str] = {}
    unpacked_size = 0
    # A few plain images without compression may shrink to almost nothing.
    max_unpacked_size = MAX_COMPRESSION_RATIO * max(
        path.stat().st_size, 1 << 18
    )
    for name, size, is_folder in entries:
        components = name.replace("\\", "/").split("/")
        if ".." in components or name[:1] in "/\\" or name[1:2] == ":":
            raise _refused(path, name, "its name leads out of the folder")
        if is_folder:
            continue
        canonical = "/".join(c for c in components if c not in (".", ""))
        if canonical in names:
            raise _refused(path, name, f"it collides with {names[canonical]!r}")
        names[canonical] = name
        if max_file_size is not None:
            check_size(path, name, size, max_file_size)
        unpacked_size += size
        if unpacked_size > max_unpacked_size:
            raise _refused(
                path,
                name,
                f"with it, the archive unpacks to over {MAX_COMPRESSION_RATIO} "
                "times its size",
            )
        members.append(ArchiveMember(name, size))
    return members


def check_size(
    path: Path, name: str, size: int, max_file_size: int | None = None
) -> None:
    """Check the unpacked size of a file.

    Args:
        path: Path of the archive.
        name: Name of the file.
        size: Its size in bytes.
        max_file_size: Maximum size in bytes. Defaults to None:
            `MAX_FILE_SIZE`.

    Raises:
        DataError: The file is larger.
    """
    max_file_size = max_file_size or MAX_FILE_SIZE
    if size > max_file_size:
        raise _refused(
            path,
            name,
            f"it has {size:,} bytes unpacked, more than the limit of "
            f"{max_file_size:,} bytes per file",
        )


def _refused(path: Path, name: str, reason: str) -> DataError:
    return DataError(f"{path}: member {name!r} is refused: {reason}.")

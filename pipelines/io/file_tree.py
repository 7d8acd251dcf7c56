"""A uniform view of the files in a folder or a zip archive."""

from __future__ import annotations

import collections
import hashlib
import os
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipelines.errors import DataError
from pipelines.io import archives
from pipelines.io.stored_members import StoredMembers

#: Maximum number of paths through symbolic links to the same folder.
MAX_PATHS_TO_A_FOLDER = 1000


class FileTree:
    """The files of a data set in a folder or a zip archive.

    The root is `data_dir` itself, or the only folder in it that has the
    expected content. Hidden files are ignored. Symbolic links to folders are
    followed, except those to a folder that contains the link.

    Args:
        data_dir: Path of the folder or zip archive.
        markers: Prefixes of file names, such as "train/". At least one file
            below the root must match one of them. None accepts any file.

    Attributes:
        names: Names of the files relative to the root, in natural order
            ("image_2" before "image_10"). The order does not depend on the
            file system.
        folders: Names of the folders relative to the root, in natural order.
            Those of a zip archive are its entries for folders.
        circular_links: Names of the symbolic links that are not followed.
        path: Path of the folder or archive.

    Raises:
        DataError: `data_dir` does not exist, cannot be read, is empty, has
            no file that matches `markers`, or has several folders with such
            files.
    """

    def __init__(
        self,
        data_dir: str | os.PathLike[str] | None,
        markers: tuple[str, ...] | None,
    ) -> None:
        if not data_dir:
            raise DataError(
                "Argument `data_dir` must be the folder or zip of the data "
                f"set, with {' or '.join(markers or ['a folder per class'])} "
                f"inside. Received: data_dir={data_dir}."
            )
        path = Path(data_dir).expanduser()
        if not path.exists():
            raise DataError(f"{path}: no such folder or zip (`data_dir`).")
        if not path.is_dir() and not zipfile.is_zipfile(path):
            raise DataError(
                f"{path}: not a readable zip (`data_dir`). Download it again."
            )
        self._files = _FolderFiles(path) if path.is_dir() else _ZipFiles(path)
        names = [name for name in self._files.names if not _is_hidden(name)]
        if not names:
            raise DataError(f"{path}: empty (`data_dir`).")
        root = _find_root(path, names, markers)
        if root is None:
            raise DataError(
                f"{path}: no {' or '.join(markers or ())} at the top or in "
                f"the only top folder (`data_dir`). It has: {_sample(names)}."
            )
        self._root = root
        self.names = self._below_root(names)
        self.folders = self._below_root(self._files.folders)
        self.circular_links = self._below_root(self._files.circular_links)
        self.path = path

    def _below_root(self, names: Iterable[str]) -> list[str]:
        """Return names relative to the root, in natural order."""
        return sorted(
            (
                name[len(self._root) :]
                for name in names
                if name.startswith(self._root) and not _is_hidden(name)
            ),
            key=natural_key,
        )

    def read_bytes(self, name: str) -> bytes:
        """Read a file.

        Args:
            name: Name of the file, one of `names`.

        Returns:
            The content of the file.

        Raises:
            DataError: The file cannot be read.
        """
        return self._files.read_bytes(self._root + name)

    def read_lines(self, name: str) -> list[str]:
        """Read the non-empty lines of a text file.

        Args:
            name: Name of the file, one of `names`.

        Returns:
            The non-empty lines.

        Raises:
            DataError: The file does not exist, or is not UTF-8 text.
        """
        if name not in self.names:
            raise DataError(f"{self.describe(name)}: missing.")
        try:
            text = self.read_bytes(name).decode()
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self.describe(name)}: not UTF-8 text."
            ) from error
        return [line for line in text.splitlines() if line.strip()]

    def describe(self, name: str = "") -> str:
        """Describe the location of a file, for messages.

        Args:
            name: Name of a file or folder. Defaults to the root.

        Returns:
            The path of the file, or "archive:name" in a zip archive.
        """
        return self._files.describe(self._root + name)

    def fingerprint(self) -> str:
        """Compute a string that changes if the files change.

        Returns:
            A string that depends on names, sizes and modification times.
        """
        return self._files.fingerprint()


class _FolderFiles:
    """Files below a folder, by their path relative to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: list[str] = []
        self.folders: list[str] = []
        self.circular_links: list[str] = []
        self._walk()

    def _walk(self) -> None:
        """Collect the files and folders.

        A folder is identified by its device and inode. A path does not lead
        through the same folder twice, so the walk ends.
        """
        top = _folder_identity(self.path)
        path_counts = collections.Counter([top])
        # Prefix of the names in a folder, and the folders that contain them.
        pending = [("", frozenset([top]))]
        while pending:
            prefix, ancestors = pending.pop()
            for entry in _sorted_entries(self.path / prefix):
                name = prefix + entry.name
                if not _is_folder(entry):
                    self.names.append(name)
                    continue
                identity = _folder_identity(self.path / name)
                if identity in ancestors:
                    self.circular_links.append(name)
                    continue
                path_counts[identity] += 1
                if path_counts[identity] > MAX_PATHS_TO_A_FOLDER:
                    raise DataError(
                        f"{self.path / name}: symbolic links lead to this "
                        f"folder on more than {MAX_PATHS_TO_A_FOLDER:,} paths. "
                        "Remove links between the folders."
                    )
                self.folders.append(name)
                pending.append((f"{name}/", ancestors | {identity}))

    def read_bytes(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise DataError(
                f"{self.describe(name)}: cannot be read ({error.strerror})."
            ) from error

    def describe(self, name: str) -> str:
        return str(self.path / name)

    def fingerprint(self) -> str:
        # Files of another folder may have equal names, sizes and times.
        digest = hashlib.sha256(os.fsencode(self.path.resolve()))
        for name in sorted(self.names):
            path = self.path / name
            try:
                status = path.stat()
            except OSError:  # A link to a file that does not exist.
                status = path.lstat()
            line = f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n"
            digest.update(line.encode("utf-8", "surrogateescape"))
        return digest.hexdigest()


class _ZipFiles:
    """Members of a zip archive, which is never unpacked to disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip, members = archives.open_checked_zip(path)
        self._members = {_clean(member.name): member for member in members}
        self.names = list(self._members)
        self._stored = StoredMembers(path, self._zip)
        self.folders = [
            _clean(info.filename).rstrip("/")
            for info in self._zip.infolist()
            if info.is_dir()
        ]
        # `open_checked_zip` refuses links.
        self.circular_links: list[str] = []

    def read_bytes(self, name: str) -> bytes:
        member = self._members.get(name, archives.ArchiveMember(name, 0))
        archives.check_size(self.path, member.name, member.size)
        data = self._stored.read(member.name)
        if data is not None:
            return data
        try:
            return self._zip.read(member.name)
        except Exception as error:
            raise DataError(
                f"{self.describe(name)}: damaged in the zip ({error})."
            ) from error

    def describe(self, name: str) -> str:
        return f"{self.path}:{name}"

    def fingerprint(self) -> str:
        status = self.path.stat()
        return f"{self.path.resolve()} {status.st_size} {status.st_mtime_ns}"


def _clean(name: str) -> str:
    """Return the name of a zip's file as those of a folder.

    `zip -r x.zip ./folder` keeps the "./", and some tools for Windows write
    backslashes.
    """
    return name.replace("\\", "/").removeprefix("./")


def natural_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Compute a sort key that orders image_2 before image_10.

    Names that differ in leading zeros only, such as c1 and c01, are ordered
    by their characters, so that different names have different keys.

    Args:
        name: Name of a file or folder.

    Returns:
        The key.

    Example:
        >>> from pipelines.io.file_tree import natural_key
        >>> sorted(["c10", "c1", "c2", "c01"], key=natural_key)
        ['c01', 'c1', 'c2', 'c10']
    """
    parts = [
        (1, int(part), "") if part.isdecimal() else (0, 0, part)
        for part in re.split(r"(\d+)", name)
    ]
    return parts, name


def _sorted_entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise _unreadable(error) from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # A link to itself.
        return False


def _folder_identity(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(error) from error
    return status.st_dev, status.st_ino


def _unreadable(error: OSError) -> DataError:
    return DataError(f"{error.filename}: cannot be read ({error.strerror}).")


def _is_hidden(name: str) -> bool:
    # Most names have none of these characters.
    if "." not in name.rpartition(".")[0] and "__MACOSX" not in name:
        return name.startswith(".") or "/." in name
    return any(
        component.startswith((".", "__MACOSX")) for component in name.split("/")
    )


def _find_root(
    path: Path, names: Sequence[str], markers: tuple[str, ...] | None
) -> str | None:
    """Return the prefix ("" or "folder/") below which the markers are."""
    if markers is None:
        folders = {name.split("/", 1)[0] for name in names if "/" in name}
        has_nested_files = any(name.count("/") > 1 for name in names)
        if len(folders) == 1 and has_nested_files:
            return f"{folders.pop()}/"
        return ""
    if any(name.startswith(markers) for name in names):
        return ""
    nested = (name.partition("/") for name in names)
    roots = sorted(
        {folder for folder, _, rest in nested if rest.startswith(markers)}
    )
    if len(roots) > 1:
        raise DataError(
            f"{path}: {' and '.join(roots)} each have {' or '.join(markers)}. "
            "Set `data_dir` to one of them."
        )
    return f"{roots[0]}/" if roots else None


def _sample(names: Iterable[str]) -> str:
    top_names = sorted({name.split("/", 1)[0] for name in names})
    return ", ".join(top_names[:5]) + (", …" if len(top_names) > 5 else "")

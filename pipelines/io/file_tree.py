"""A uniform view of the files in a folder or a zip archive."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from pipelines.errors import DataError
from pipelines.io import archives


class FileTree:
    """The files of a data set in a folder or a zip archive.

    The root is `data_dir` itself, or the only folder in it that has the
    expected content. Hidden files are ignored.

    Args:
        data_dir: Path of the folder or zip archive.
        markers: Prefixes of file names, such as "train/". At least one file
            below the root must match one of them. None accepts any file.

    Attributes:
        names: Names of the files relative to the root, in natural order
            ("image_2" before "image_10").
        path: Path of the folder or archive.

    Raises:
        DataError: `data_dir` does not exist, cannot be read, is empty, or
            has no file that matches `markers`.
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
        names = [name for name in self._files.names() if not _is_hidden(name)]
        if not names:
            raise DataError(f"{path}: empty (`data_dir`).")
        root = _find_root(names, markers)
        if root is None:
            raise DataError(
                f"{path}: no {' or '.join(markers or ())} at the top or in "
                f"the only top folder (`data_dir`). It has: {_sample(names)}."
            )
        self._root = root
        self.names = sorted(
            (name[len(root) :] for name in names if name.startswith(root)),
            key=_natural_key,
        )
        self.path = path

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

    def names(self) -> list[str]:
        names: list[str] = []
        for folder, _, files in os.walk(
            self.path, onerror=_raise_unreadable, followlinks=True
        ):
            relative = Path(folder).relative_to(self.path)
            names += [(relative / file).as_posix() for file in files]
        return names

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
        digest = hashlib.sha256()
        for name in sorted(self.names()):
            status = (self.path / name).stat()
            line = f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n"
            digest.update(line.encode("utf-8", "surrogateescape"))
        return digest.hexdigest()


class _ZipFiles:
    """Members of a zip archive, which is never unpacked to disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip, self._names = archives.open_checked_zip(path)

    def names(self) -> list[str]:
        return list(self._names)

    def read_bytes(self, name: str) -> bytes:
        try:
            return self._zip.read(name)
        except Exception as error:
            raise DataError(
                f"{self.describe(name)}: damaged in the zip ({error})."
            ) from error

    def describe(self, name: str) -> str:
        return f"{self.path}:{name}"

    def fingerprint(self) -> str:
        status = self.path.stat()
        return f"{self.path.resolve()} {status.st_size} {status.st_mtime_ns}"


def _raise_unreadable(error: OSError) -> NoReturn:
    raise DataError(
        f"{error.filename}: cannot be read ({error.strerror})."
    ) from error


def _is_hidden(name: str) -> bool:
    return any(
        component.startswith((".", "__MACOSX")) for component in name.split("/")
    )


def _find_root(
    names: Sequence[str], markers: tuple[str, ...] | None
) -> str | None:
    """Return the prefix ("" or "folder/") below which the markers are."""
    folders = {name.split("/", 1)[0] for name in names if "/" in name}
    if markers is None:
        has_nested_files = any(name.count("/") > 1 for name in names)
        if len(folders) == 1 and has_nested_files:
            return f"{folders.pop()}/"
        return ""
    for root in ["", *sorted(f"{folder}/" for folder in folders)]:
        prefixes = tuple(root + marker for marker in markers)
        if any(name.startswith(prefixes) for name in names):
            return root
    return None


def _sample(names: Iterable[str]) -> str:
    top_names = sorted({name.split("/", 1)[0] for name in names})
    return ", ".join(top_names[:5]) + (", …" if len(top_names) > 5 else "")


def _natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key that orders image_2 before image_10."""
    return [
        (1, int(part), "") if part.isdecimal() else (0, 0, part)
        for part in re.split(r"(\d+)", name)
    ]

"""Files of a data set, from a folder or a zip alike."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from pathlib import Path

from pipelines import archives
from pipelines.errors import DataError


class Folder:
    """Files below a folder, by their path relative to it."""

    def __init__(self, path: Path):
        self.path = path

    def names(self) -> list[str]:
        found = []
        for folder, _, files in os.walk(
            self.path, onerror=_unreadable, followlinks=True
        ):
            relative = Path(folder).relative_to(self.path)
            found += [(relative / file).as_posix() for file in files]
        return found

    def read(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise DataError(
                f"{self.where(name)}: cannot be read ({error.strerror})."
            ) from error

    def where(self, name: str) -> str:
        return str(self.path / name)

    def stamp(self) -> str:
        digest = hashlib.sha256()
        for name in sorted(self.names()):
            about = (self.path / name).stat()
            line = f"{name}\0{about.st_size}\0{about.st_mtime_ns}\n"
            digest.update(line.encode("utf-8", "surrogateescape"))
        return digest.hexdigest()


def _unreadable(error):
    raise DataError(
        f"{error.filename}: cannot be read ({error.strerror})."
    ) from error


class Zip:
    """Members of a zip, read in place; nothing is ever unpacked to disk."""

    def __init__(self, path: Path):
        self.path = path
        self._zip, self._names = archives.open_zip(path)

    def names(self) -> list[str]:
        return list(self._names)

    def read(self, name: str) -> bytes:
        try:
            return self._zip.read(name)
        except Exception as error:
            raise DataError(
                f"{self.where(name)}: damaged in the zip ({error})."
            ) from error

    def where(self, name: str) -> str:
        return f"{self.path}:{name}"

    def stamp(self) -> str:
        about = self.path.stat()
        return f"{self.path.resolve()} {about.st_size} {about.st_mtime_ns}"


class Tree:
    """A folder or zip, seen from the folder that has what is looked for.

    Args:
        data_dir: What the user gave.
        marks: Beginnings of names of which the right folder has at least
            one, such as "train/"; None: any name in a folder. One leading
            folder around it is allowed.

    Raises:
        DataError: there is nothing there, or nothing of what is looked for.
    """

    def __init__(self, data_dir, marks: tuple[str, ...] | None):
        if not data_dir:
            raise DataError(
                "this data set needs --data_dir: its folder or zip, with "
                f"{' or '.join(marks or ['a folder for each class'])} inside."
            )
        path = Path(data_dir).expanduser()
        if not path.exists():
            raise DataError(f"{path}: no such folder or zip (--data_dir).")
        if not path.is_dir() and not zipfile.is_zipfile(path):
            raise DataError(
                f"{path}: not a readable zip; fetch it again (--data_dir)."
            )
        self._files = Folder(path) if path.is_dir() else Zip(path)
        names = [n for n in self._files.names() if not _hidden(n)]
        if not names:
            raise DataError(f"{path}: empty (--data_dir).")
        top = _top(names, marks)
        if top is None and marks is not None:
            raise DataError(
                f"{path}: no {' or '.join(marks)} in it, nor in the one "
                f"folder at its top (--data_dir). Found: {_sample(names)}."
            )
        self._top = top
        self.names = sorted(
            (n[len(self._top) :] for n in names if n.startswith(self._top)),
            key=_natural,
        )
        self.path = path

    def read(self, name: str) -> bytes:
        return self._files.read(self._top + name)

    def lines(self, name: str) -> list[str]:
        """Non-empty lines of a text file.

        Raises:
            DataError: it is not there, or is not text.
        """
        if name not in self.names:
            raise DataError(f"{self.where(name)}: missing.")
        try:
            text = self.read(name).decode()
        except UnicodeDecodeError as error:
            raise DataError(f"{self.where(name)}: not UTF-8 text.") from error
        return [line for line in text.splitlines() if line.strip()]

    def where(self, name: str = "") -> str:
        return self._files.where(self._top + name)

    def stamp(self) -> str:
        """Another where the files are others."""
        return self._files.stamp()


def _hidden(name):
    return any(p.startswith((".", "__MACOSX")) for p in name.split("/"))


def _top(names, marks):
    tops = [""]
    leading = {n.split("/", 1)[0] for n in names if "/" in n}
    if marks is None:
        deep = [n for n in names if n.count("/") > 1]
        return f"{leading.pop()}/" if len(leading) == 1 and deep else ""
    tops += sorted(f"{folder}/" for folder in leading)
    found = [
        top
        for top in tops
        if any(n.startswith(tuple(top + m for m in marks)) for n in names)
    ]
    return found[0] if found else None


def _sample(names):
    tops = sorted({n.split("/", 1)[0] for n in names})
    return ", ".join(tops[:5]) + (", …" if len(tops) > 5 else "")


def _natural(name):
    """image_2 before image_10."""
    return [
        (1, int(part), "") if part.isdecimal() else (0, 0, part)
        for part in re.split(r"(\d+)", name)
    ]

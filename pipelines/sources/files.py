"""Files of a data set, from a folder or a zip alike."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

from pipelines.errors import DataError

#: No photograph of these data sets comes near it; a zip bomb does.
LARGEST_FILE = 64 * 2**20


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


def _unreadable(error):
    raise DataError(
        f"{error.filename}: cannot be read ({error.strerror})."
    ) from error


class Zip:
    """Members of a zip, read in place; nothing is ever unpacked to disk."""

    def __init__(self, path: Path):
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except Exception as error:
            raise DataError(
                f"{path}: not a readable zip ({error}); fetch it again."
            ) from error

    def names(self) -> list[str]:
        return [i.filename for i in self._zip.infolist() if not i.is_dir()]

    def read(self, name: str) -> bytes:
        size = self._zip.getinfo(name).file_size
        if size > LARGEST_FILE:
            raise DataError(
                f"{self.where(name)}: {size:,} bytes unpacked, more than the "
                f"{LARGEST_FILE:,} that any image here may have."
            )
        try:
            return self._zip.read(name)
        except Exception as error:
            raise DataError(
                f"{self.where(name)}: damaged in the zip ({error})."
            ) from error

    def where(self, name: str) -> str:
        return f"{self.path}:{name}"


class Tree:
    """A folder or zip, seen from the folder that has what is looked for.

    Args:
        data_dir: What the user gave.
        marks: Beginnings of names of which the right folder has at least
            one, such as "train/". One leading folder around it is allowed.

    Raises:
        DataError: there is nothing there, or nothing of what is looked for.
    """

    def __init__(self, data_dir, marks: tuple[str, ...]):
        if not data_dir:
            raise DataError(
                "this data set needs --data_dir: its folder or zip, with "
                f"{' or '.join(marks)} inside."
            )
        path = Path(data_dir).expanduser()
        if not path.exists():
            raise DataError(f"{path}: no such folder or zip (--data_dir).")
        self._files = Folder(path) if path.is_dir() else Zip(path)
        names = [n for n in self._files.names() if not _hidden(n)]
        if not names:
            raise DataError(f"{path}: empty (--data_dir).")
        self._top = _top(names, marks)
        if self._top is None:
            raise DataError(
                f"{path}: no {' or '.join(marks)} in it, nor in the one "
                f"folder at its top (--data_dir). Found: {_sample(names)}."
            )
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


def _hidden(name):
    return any(p.startswith((".", "__MACOSX")) for p in name.split("/"))


def _top(names, marks):
    tops = [""]
    leading = {n.split("/", 1)[0] for n in names if "/" in n}
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

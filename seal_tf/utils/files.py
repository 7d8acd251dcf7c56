"""Write files atomically: a reader sees the old file or the new one."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO


@contextlib.contextmanager
def atomic_writer(path: str | Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`; on success, move it into place.

    Args:
        path: The file to write. Its folder is created.

    Yields:
        A binary file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("wb") as file:
            yield file
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    move_into_place(temporary, path)


def move_into_place(temporary: Path, path: Path) -> None:
    """Flush a finished file to the disk and rename it to `path`."""
    try:
        _flush(temporary)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    temporary.replace(path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write bytes to a file atomically."""
    with atomic_writer(path) as file:
        file.write(data)


def write_text(path: str | Path, text: str) -> None:
    """Write text to a file atomically.

    The file is UTF-8: of names that are not, "?" replaces some characters.
    """
    write_bytes(path, text.encode("utf-8", "replace"))


def write_json(path: str | Path, value: Any) -> None:
    """Write a value to a JSON file atomically."""
    write_text(path, json.dumps(value, indent=1) + "\n")


def append(path: str | Path, text: str) -> None:
    """Append text to a file and flush it to the disk."""
    with Path(path).open("a") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_json_lines(path: str | Path) -> list[dict[str, Any]]:
    """Read a file with one JSON object a line.

    Returns:
        The objects before the first damaged line; empty if the file does not
        exist.
    """
    rows: list[dict[str, Any]] = []
    path = Path(path)
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return rows

"""Files that are the old or the new, never half-written."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path


@contextlib.contextmanager
def replaced(path):
    """Opens a file beside `path`; flushed and renamed if all goes well."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    try:
        with beside.open("wb") as file:
            yield file
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    move_into_place(beside, path)


def move_into_place(beside: Path, path: Path) -> None:
    """Renames a file that is written, and has both outlive a power cut."""
    try:
        _flush(beside)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    beside.replace(path)
    _flush(path.parent)


def _flush(path):
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_bytes(path, data: bytes) -> None:
    with replaced(path) as file:
        file.write(data)


def write_text(path, text: str) -> None:
    write_bytes(path, text.encode())


def write_json(path, value) -> None:
    write_text(path, json.dumps(value, indent=1) + "\n")


def append(path, text: str) -> None:
    """Adds to a file, flushed."""
    with Path(path).open("a") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_json_lines(path) -> list[dict]:
    """Objects of a file, a line each; from a damaged line on, none."""
    found = []
    path = Path(path)
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return found

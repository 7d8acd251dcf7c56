"""Check early that results can be written."""

from __future__ import annotations

import tempfile
from pathlib import Path


def check_writable(out: Path) -> None:
    """Check that files can be written to a folder, before a long run.

    Args:
        out: The folder, which may not exist. The function removes the
            folders that it creates.

    Raises:
        ValueError: `out` is not a folder.
        OSError: The folder cannot be created or written to.
    """
    if out.exists() and not out.is_dir():
        raise ValueError(
            f"Argument `out` must be a folder. Received: out={out}."
        )
    created = [p for p in (out, *out.parents) if not p.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    finally:
        for folder in created:
            if folder.exists():
                folder.rmdir()

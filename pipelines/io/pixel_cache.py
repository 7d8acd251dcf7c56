"""Cache of decoded pixels on disk.

The cache of a split is one .npy file, named by a hash of everything that the
pixels depend on. It is written to a temporary file and renamed, and it is
memory-mapped when it is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def default_cache_folder() -> Path:
    """Return the default folder of the cache files.

    Returns:
        `$XDG_CACHE_HOME/seal_tf/images`, or `~/.cache/seal_tf/images` if the
        environment variable is not set.
    """
    cache_home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache_home) / "seal_tf" / "images"


class PixelCache:
    """Decoded pixels of one split in a file.

    Args:
        folder: Folder of all cache files. None selects
            `default_cache_folder()`.
        dependencies: Everything that the pixels depend on, as a
            JSON-serializable value.
    """

    def __init__(
        self, folder: str | os.PathLike[str] | None, dependencies: Any
    ) -> None:
        encoded = json.dumps(dependencies).encode()
        key = hashlib.sha256(encoded).hexdigest()[:24]
        self.path = Path(folder or default_cache_folder()) / f"{key}.npy"
        self._metadata_path = self.path.with_suffix(".json")

    def read(self) -> tuple[np.ndarray, list[int]] | None:
        """Map the cached pixels copy-on-write, so that the file never changes.

        Returns:
            The pixels of the intact images and the indices of damaged ones,
            or None if the cache does not exist or is incomplete.
        """
        if not self.path.exists() or not self._metadata_path.exists():
            return None
        pixels = np.load(self.path, mmap_mode="c", allow_pickle=False)
        damaged = json.loads(self._metadata_path.read_text())["damaged"]
        return pixels[: len(pixels) - len(damaged)], damaged

    @contextlib.contextmanager
    def write(self) -> Iterator[Callable[[Sequence[int]], np.ndarray]]:
        """Write the pixels; the file appears only if the block succeeds.

        Allocate the whole file before any pixel is written: on a full disk,
        the allocation raises an `OSError`, while a write to mapped memory
        would end the process with a signal.

        Yields:
            A function from a shape to the writable, mapped uint8 array.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(f"{self.path.name}.{_owner()}.part")

        def allocate(shape: Sequence[int]) -> np.ndarray:
            pixels = np.lib.format.open_memmap(
                temporary, "w+", np.dtype(np.uint8), tuple(shape)
            )
            with temporary.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, temporary.stat().st_size)
            return pixels

        self._delete_leftovers()
        try:
            yield allocate
            # After a power cut, a complete file has its pixels.
            with temporary.open("r+b") as file:
                os.fsync(file.fileno())
            temporary.replace(self.path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _delete_leftovers(self) -> None:
        """Delete the files of processes that were killed while they wrote."""
        for file in self.path.parent.glob(f"*.{socket.gethostname()}.*.part"):
            process = file.name.split(".")[-2]
            if process.isdecimal() and not _is_running(int(process)):
                file.unlink(missing_ok=True)

    def mark_complete(self, damaged: Sequence[int]) -> None:
        """Record that the file is complete.

        Args:
            damaged: Indices of damaged images. The file has as many rows
                more than images at its end.
        """
        temporary = self._metadata_path.with_suffix(f".{_owner()}.part")
        temporary.write_text(json.dumps({"damaged": damaged}))
        temporary.replace(self._metadata_path)


def _owner() -> str:
    """Return a name of this process: machines may share the folder."""
    return f"{socket.gethostname()}.{os.getpid()}"


def _is_running(process: int) -> bool:
    """Return whether a process of this machine runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # It is the process of another user.
    return True

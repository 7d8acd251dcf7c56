"""Cache of decoded pixels on disk.

The cache of a split is one .npy file, named by a hash of everything that the
pixels depend on. It is written to a temporary file and renamed, and it is
memory-mapped when it is read.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import hashlib
import json
import os
import socket
import uuid
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
        try:
            pixels = np.load(self.path, mmap_mode="c", allow_pickle=False)
            damaged = json.loads(self._metadata_path.read_text())["damaged"]
        except (FileNotFoundError, ValueError, KeyError, EOFError):
            # The last three: a power cut has left files without content.
            return None
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
        self._delete_leftovers()
        temporary, lock = self._create_locked()

        def allocate(shape: Sequence[int]) -> np.ndarray:
            pixels = np.lib.format.open_memmap(
                temporary, "w+", np.dtype(np.uint8), tuple(shape)
            )
            os.posix_fallocate(lock, 0, os.fstat(lock).st_size)
            return pixels

        try:
            yield allocate
            # After a power cut, a complete file has its pixels.
            os.fsync(lock)
            temporary.replace(self.path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        finally:
            os.close(lock)

    def _create_locked(self) -> tuple[Path, int]:
        """Create a temporary file of this process, and lock it.

        The system releases the lock when the process ends. Numbers of
        processes would not do: containers with the same name of host have the
        same numbers.

        Returns:
            The file and its open descriptor.
        """
        while True:
            name = f"{self.path.name}.{_unique()}.writing"
            file = self.path.with_name(name)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
            descriptor = os.open(file, flags, 0o666)
            _lock(descriptor)
            if file.exists():
                return file, descriptor
            # Another process has taken it for a leftover before the lock.
            os.close(descriptor)

    def _delete_leftovers(self) -> None:
        """Delete the files of processes that were killed while they wrote.

        Only those of this host: not all file systems share locks.
        """
        host = glob.escape(socket.gethostname())
        for file in self.path.parent.glob(f"*.{host}.*.writing"):
            with contextlib.suppress(OSError):
                descriptor = os.open(file, os.O_RDWR)
                try:
                    if _lock(descriptor, wait=False):
                        file.unlink(missing_ok=True)
                finally:
                    os.close(descriptor)

    def mark_complete(self, damaged: Sequence[int]) -> None:
        """Record that the file is complete.

        Args:
            damaged: Indices of damaged images. The file has as many rows
                more than images at its end.
        """
        temporary = self._metadata_path.with_suffix(f".{_unique()}.writing")
        with temporary.open("w") as file:
            json.dump({"damaged": damaged}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._metadata_path)


def _unique() -> str:
    """Return a name of a file: processes and hosts may share the folder."""
    return f"{socket.gethostname()}.{uuid.uuid4().hex}"


def _lock(descriptor: int, wait: bool = True) -> bool:
    """Lock an open file, and return whether this process has the lock now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        # Another process has it, or the file system has no locks.
        return False
    return True

"""Where decoded pixels live: in memory, or over a budget on disk.

A cache on disk is one .npy file whose name says what made it. It is written
beside and renamed, and mapped when read: nothing is decoded twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from pathlib import Path

import numpy as np

#: TensorFlow takes memory of this alignment as it is, without a copy.
ALIGNMENT = 64


def aligned(shape) -> np.ndarray:
    """Uninitialised uint8 memory that TensorFlow takes without a copy."""
    count = math.prod(shape)
    memory = np.empty(count + ALIGNMENT, np.uint8)
    offset = -memory.ctypes.data % ALIGNMENT
    return memory[offset : offset + count].reshape(shape)


def default_folder() -> Path:
    """Where caches lie unless the user says otherwise."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "seal_tf" / "images"


class DiskCache:
    """Decoded pixels of one split in a file.

    Args:
        folder: Where all caches lie.
        made_of: What the pixels depend on, as JSON can say it.
    """

    def __init__(self, folder, made_of):
        key = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:24]
        self.path = Path(folder or default_folder()) / f"{key}.npy"
        self._about = self.path.with_suffix(".json")

    def read(self):
        """(pixels, indices of damaged images), or None where there is none.

        Pixels are mapped copy-on-write: nothing changes the file.
        """
        if not self.path.exists() or not self._about.exists():
            return None
        pixels = np.load(self.path, mmap_mode="c", allow_pickle=False)
        return pixels, json.loads(self._about.read_text())["damaged"]

    @contextlib.contextmanager
    def written(self):
        """Gives a function that makes the array; renamed if all goes well.

        The file is allocated whole: a full disk says so at once, and not by
        a signal while the pixels are written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")

        def make(shape):
            pixels = np.lib.format.open_memmap(beside, "w+", np.uint8, shape)
            with beside.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, beside.stat().st_size)
            return pixels

        try:
            yield make
            beside.replace(self.path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise

    def finish(self, damaged) -> None:
        """Says that the file is whole."""
        part = self._about.with_suffix(".part")
        part.write_text(json.dumps({"damaged": damaged}))
        part.replace(self._about)

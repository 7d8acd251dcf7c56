"""Let one process at a time write to a work directory."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from typing import IO


class Lock:
    """A lock file; the system releases the lock when the process ends.

    Args:
        path: The file. It remains, and contains the last owner.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Acquire the lock, once.

        Raises:
            ValueError: If another process holds it.
        """
        if self._file is not None:
            return
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "another process"
            file.close()
            raise ValueError(
                f"`workdir={self._path.parent}`: {owner} is writing to it. "
                "Wait until it has ended, or use another folder."
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Release the lock."""
        if self._file is not None:
            self._file.close()
            self._file = None

"""One process at a time in a work directory."""

from __future__ import annotations

import fcntl
import os
import socket


class Lock:
    """A file that one process holds; the system lets go when it dies.

    Args:
        path: The file; it stays, and says who held it last.
    """

    def __init__(self, path):
        self._path = path
        self._file = None

    def hold(self) -> None:
        """Takes the lock, once.

        Raises:
            ValueError: another process holds it.
        """
        if self._file is not None:
            return
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            who = file.read().strip() or "another process"
            file.close()
            raise ValueError(
                f"--workdir={self._path.parent}: {who} is writing to it. Wait "
                "until it has ended, or name another folder."
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Lets go of it."""
        if self._file is not None:
            self._file.close()
            self._file = None

"""Lock a file between processes, also on a disk that machines share."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self


class FileLock:
    """A lock that the system releases when its process ends, however it ends.

    The file exists while the lock is held.

    Args:
        path: The file. Its folder is created.

    Example:
        >>> import pathlib, tempfile
        >>> from seal_tf.study.file_lock import FileLock
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "plan.lock"
        >>> with FileLock(path):
        ...     FileLock(path).acquire(wait=False)
        False
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def acquire(self, wait: bool = True) -> bool:
        """Acquire the lock.

        Args:
            wait: Whether to wait until it is free. Defaults to True.

        Returns:
            Whether this object has the lock.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            # An exclusive lock on NFS needs a file that is open for writing.
            file = self._path.open("a")
            try:
                fcntl.flock(
                    file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB)
                )
            except BlockingIOError:
                file.close()
                return False
            except BaseException:
                file.close()
                raise
            if self._is_current(file):
                self._file = file
                return True
            file.close()

    def release(self) -> None:
        """Release the lock. Without the lock it does nothing."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None

    def fileno(self) -> int:
        """Return the file descriptor, while this object has the lock.

        A process that inherits it holds the lock, too.
        """
        assert self._file is not None
        return self._file.fileno()

    def _is_current(self, file: IO[str]) -> bool:
        """Return whether the path is still this file.

        The last owner may have deleted it after it was opened here.
        """
        try:
            current = self._path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(current, os.fstat(file.fileno()))

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

"""Open an Optuna journal so that a killed worker does not damage it."""

from __future__ import annotations

from pathlib import Path

from optuna.storages import JournalStorage
from optuna.storages.journal import (
    JournalFileBackend,
    JournalFileSymlinkLock,
)

#: Bytes that are read at once, from the end, to find the last whole line.
_BLOCK = 1 << 16


class WholeLinesLock(JournalFileSymlinkLock):
    """A lock of the journal whose owner appends to a whole line.

    A worker that is killed while it writes leaves a part of a line. The next
    line would follow it, and no worker could read the journal again.

    Args:
        path: The journal.
    """

    def __init__(self, path: Path) -> None:
        # The lock is a symbolic link to the journal, and Optuna reads its
        # age through the link: a relative path would not resolve.
        self._journal = path.resolve()
        super().__init__(str(self._journal))

    def acquire(self) -> bool:
        """Acquire the lock, and delete a partial last line."""
        super().acquire()
        try:
            delete_partial_line(self._journal)
        except BaseException:
            self.release()
            raise
        return True


def delete_partial_line(path: Path) -> None:
    """Delete what follows the last line break of a file.

    Args:
        path: The file.
    """
    with path.open("r+b") as file:
        size = end = file.seek(0, 2)
        while end > 0:
            start = max(0, end - _BLOCK)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        if end < size:
            file.truncate(end)


def open_journal(path: str) -> JournalStorage:
    """Open a journal file, and create it if it does not exist.

    Args:
        path: The file; its name ends in .log or .journal.

    Returns:
        Optuna's storage.

    Raises:
        ValueError: The file is not a journal, or cannot be opened.
    """
    file = Path(path).resolve()
    if file.suffix not in (".log", ".journal") or file.is_dir():
        raise ValueError(
            "Argument `storage` must be the URL of a database, such as "
            "postgresql://user:password@host/database, or the path of a "
            f"journal file that ends in .log or .journal. Received: "
            f"storage={path}"
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return JournalStorage(
            JournalFileBackend(str(file), WholeLinesLock(file))
        )
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            "Argument `storage` must be a journal file of Optuna. Received: "
            f"storage={path} ({error})"
        ) from None

"""Find trials whose worker has died, where the storage is a file.

The file is on a disk that all workers share. Each worker locks a file for its
trial, and the system releases the lock when the worker ends, however it ends.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seal_tf.study.file_lock import FileLock

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial


class TrialLocks:
    """A lock file for each running trial; see `TrialOwners`.

    A worker takes a trial and locks it under the exclusive lock of the study.
    So under that lock, a running trial without a lock of its own is dead.

    Args:
        folder: Folder of the lock files, which all workers share.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: FileLock | None = None

    def exclusive(self, name: str) -> FileLock:
        """Return the lock of a study; see `TrialOwners`."""
        return self._lock(f"{name}.lock")

    def begin(self, study: Study, number: int) -> None:
        """Lock the file of a trial; see `TrialOwners`."""
        self._held = self._trial_lock(study, number)
        self._held.acquire()

    def end(self) -> None:
        """Release the lock; see `TrialOwners`."""
        if self._held is not None:
            self._held.release()
            self._held = None

    def fail_stale_trials(self, study: Study) -> None:
        """Do nothing: a file has no heartbeats."""

    def is_dead(self, study: Study, trial: FrozenTrial) -> bool:
        """Return whether the file of a trial is free; see `TrialOwners`."""
        lock = self._trial_lock(study, trial.number)
        is_free = lock.acquire(wait=False)
        lock.release()
        return is_free

    def _trial_lock(self, study: Study, number: int) -> FileLock:
        return self._lock(f"{study.study_name}.trial{number}.lock")

    def _lock(self, name: str) -> FileLock:
        return FileLock(self._folder / name.replace("/", "."))

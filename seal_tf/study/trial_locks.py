"""Find trials whose worker has died, where the storage is a file.

An `RDBStorage` has heartbeats in the database. A journal or an SQLite file is
on a disk that all workers share: each worker locks a file for its trial, and
the system releases the lock when the worker ends, however it ends.
"""

from __future__ import annotations

import datetime
import fcntl
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

#: Attribute of a trial whose worker has started to train: its own number. A
#: trial that is tried again has the attributes of the earlier one.
STARTED = "started"
#: Seconds after which a trial without a worker counts as dead: its worker
#: was killed between creating the trial and locking its file.
GRACE = 30.0


class TrialLocks:
    """A lock file for each running trial.

    Args:
        folder: Folder of the lock files, which all workers share.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[str] | None = None
        self._path_held: Path | None = None

    def acquire(self, trial: Trial) -> None:
        """Lock the file of a trial.

        Args:
            trial: The trial that this process runs.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path_held = self._path(trial._trial_id)
        self._file = self._path_held.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def release(self) -> None:
        """Release the lock, after the storage has the trial's result.

        Without a lock it does nothing.
        """
        if self._file is not None and self._path_held is not None:
            # First the name: a process that opens the file later would lock
            # a file that no other process sees.
            self._path_held.unlink(missing_ok=True)
            self._file.close()
            self._file = self._path_held = None

    def has_owner(self, trial: FrozenTrial) -> bool:
        """Return whether the worker of a running trial is alive.

        Args:
            trial: A running trial.
        """
        try:
            with self._path(trial._trial_id).open("r") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def _path(self, trial_id: int) -> Path:
        return self._folder / f"trial{trial_id}.lock"


def stale_trials(study: Study, locks: TrialLocks | None) -> list[FrozenTrial]:
    """Return the running trials whose worker has died.

    Args:
        study: The study.
        locks: The locks of its trials. None where the storage has
            heartbeats: then only trials that never had a worker are returned.
    """
    from optuna.trial import TrialState

    running_trials = study.get_trials(
        deepcopy=False, states=(TrialState.RUNNING,)
    )
    return [t for t in running_trials if _is_stale(t, locks)]


def _is_stale(trial: FrozenTrial, locks: TrialLocks | None) -> bool:
    if trial.user_attrs.get(STARTED) == trial.number:
        return locks is not None and not locks.has_owner(trial)
    assert trial.datetime_start is not None
    age = datetime.datetime.now() - trial.datetime_start
    return age.total_seconds() > GRACE

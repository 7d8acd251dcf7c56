"""Find trials whose worker has died, where the storage is a database server."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial

#: Seconds between two heartbeats, and without one until a trial fails.
HEARTBEAT, GRACE = 10, 60
#: User attribute of a trial that has a heartbeat.
STARTED = "started"


@contextlib.contextmanager
def ignore_experimental() -> Iterator[None]:
    """Ignore that Optuna calls its heartbeats experimental."""
    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield


class Heartbeats:
    """The heartbeats of an `RDBStorage`; see `TrialOwners`.

    `Study.optimize` sends them, and the server compares their times. They do
    not cover a worker that dies before the first heartbeat, or between the
    failure of a trial and its retry. Such a trial counts as dead if this
    worker has seen it in that state for `GRACE` seconds: clocks of other
    machines do not matter.

    Args:
        storage: The storage.
    """

    def __init__(self, storage: RDBStorage) -> None:
        self._storage = storage
        self._first_seen: dict[tuple[str, int, str], float] = {}

    def exclusive(self, name: str) -> contextlib.AbstractContextManager[None]:
        """Do nothing: a server has no lock that ends with its owner."""
        return contextlib.nullcontext()

    def begin(self, study: Study, number: int) -> None:
        """Store the first heartbeat of a trial; see `TrialOwners`."""
        study_id = self._storage.get_study_id_from_name(study.study_name)
        trial = self._storage.get_trial_id_from_study_id_trial_number(
            study_id, number
        )
        self._storage.record_heartbeat(trial)
        self._storage.set_trial_user_attr(trial, STARTED, True)

    def end(self) -> None:
        """Do nothing: `Study.optimize` stops its heartbeats."""

    def fail_stale_trials(self, study: Study) -> None:
        """Let Optuna fail and retry trials without a heartbeat."""
        import optuna

        with ignore_experimental():
            optuna.storages.fail_stale_trials(study)

    def is_dead(self, study: Study, trial: FrozenTrial) -> bool:
        """Return whether a trial without a heartbeat is dead."""
        if trial.state.name == "RUNNING" and STARTED in trial.user_attrs:
            return False
        key = (study.study_name, trial.number, trial.state.name)
        now = time.monotonic()
        return now - self._first_seen.setdefault(key, now) >= GRACE

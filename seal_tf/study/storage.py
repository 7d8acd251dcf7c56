"""Open the storage that the workers of a study share."""

from __future__ import annotations

import logging
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seal_tf.study import heartbeats
from seal_tf.study.heartbeats import Heartbeats, ignore_experimental
from seal_tf.study.journal import open_journal
from seal_tf.study.retries import TrialOwners, retry
from seal_tf.study.trial_locks import TrialLocks

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import BaseStorage, RDBStorage

#: Times that a database is opened if other workers create its tables.
_OPEN_ATTEMPTS = 10


class StudyStorage:
    """The storage of a study.

    Args:
        storage: Optuna's storage.
        owners: Which trials have a live worker.
    """

    def __init__(self, storage: BaseStorage, owners: TrialOwners) -> None:
        self.owners = owners
        self._storage = storage
        self._studies: dict[str, Study] = {}

    def open_study(self, name: str) -> Study:
        """Create or load an Optuna study that maximizes a number.

        Args:
            name: Its name.

        Returns:
            The study, which is the same object for the same name: it caches
            the trials that have ended.
        """
        import optuna

        if name not in self._studies:
            self._studies[name] = optuna.create_study(
                storage=self._storage,
                study_name=name,
                direction="maximize",
                load_if_exists=True,
            )
        return self._studies[name]


def open_storage(url: str | None, workdir: Path) -> StudyStorage:
    """Open the storage of a study, and create it if it does not exist.

    Args:
        url: URL of a database, as in SQLAlchemy: postgresql://…; or the path
            of a journal file, which ends in .log or .journal. None takes
            `WORKDIR/study.sqlite3`.
        workdir: Work directory of the study.

    Returns:
        The storage.

    Raises:
        ValueError: The storage cannot be opened, or its driver is missing.
    """
    import optuna

    # A failed trial is reported by the study itself, in one line.
    optuna.logging.set_verbosity(logging.ERROR)
    if url is None:
        workdir.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{(workdir / 'study.sqlite3').resolve()}"
    if "://" not in url:
        locks = TrialLocks(Path(f"{url}.locks"))
        return StudyStorage(open_journal(url), locks)
    path = url.removeprefix("sqlite:///")
    if path != url:
        locks = TrialLocks(Path(f"{path}.locks"))
        with locks.exclusive("create"):
            # Several workers write to one file.
            options = {"connect_args": {"timeout": 60}}
            return StudyStorage(_open_database(url, options), locks)
    storage = _open_database(
        # SQLAlchemy 2.0 would take the driver psycopg2.
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        # A connection that the server has closed is opened again.
        {"pool_pre_ping": True},
        heartbeat_interval=heartbeats.HEARTBEAT,
        grace_period=heartbeats.GRACE,
        heartbeat_stale_trial_callback=retry,
    )
    return StudyStorage(storage, Heartbeats(storage))


def _open_database(
    url: str, options: dict[str, Any], **heartbeat: Any
) -> RDBStorage:
    import optuna
    import sqlalchemy

    race = (sqlalchemy.exc.IntegrityError, sqlalchemy.exc.ProgrammingError)
    for attempt in range(1, _OPEN_ATTEMPTS + 1):
        try:
            with ignore_experimental():
                return optuna.storages.RDBStorage(
                    url, engine_kwargs=options, **heartbeat
                )
        except ImportError as error:
            raise ValueError(
                "Argument `storage` needs the driver of its database: pip "
                "install 'seal_tf[postgresql]'. Received: "
                f"storage={hide_password(url)} ({error})"
            ) from None
        except (sqlalchemy.exc.SQLAlchemyError, ValueError) as error:
            if isinstance(error, race) and attempt < _OPEN_ATTEMPTS:
                # Another worker creates the tables.
                time.sleep(random.uniform(0.1, 0.5))
                continue
            reason = str(error).strip().splitlines()[0]
            raise ValueError(
                "Argument `storage` must be a database that can be opened, "
                "such as postgresql://user:password@host/database, or the "
                "path of a journal file. Received: "
                f"storage={hide_password(url)} ({reason})"
            ) from None
    raise AssertionError("not reached")


def hide_password(url: str) -> str:
    """Return the URL of a database without its password.

    Args:
        url: The URL, or the path of a journal file.

    Example:
        >>> from seal_tf.study.storage import hide_password
        >>> hide_password("postgresql://ada:secret@host/studies")
        'postgresql://ada:***@host/studies'
    """
    import sqlalchemy

    try:
        return str(sqlalchemy.make_url(url))
    except sqlalchemy.exc.ArgumentError:
        return url

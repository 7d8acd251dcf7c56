"""Open the storage that the workers of a study share."""

from __future__ import annotations

import dataclasses
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seal_tf.study.trial_locks import TrialLocks, stale_trials

if TYPE_CHECKING:
    from optuna import Study
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.storages import BaseStorage

#: Seconds between two heartbeats, and without one until a trial fails.
HEARTBEAT, GRACE = 10, 60
#: Times that a trial is tried again after its worker has died.
MAX_RETRIES = 3


@dataclasses.dataclass(frozen=True)
class StudyStorage:
    """The storage of a study.

    Args:
        storage: Optuna's storage.
        url: What the user may pass to other workers and to optuna-dashboard.
        locks: Locks of the running trials, for files. None for a database
            server, which has heartbeats.
    """

    storage: BaseStorage
    url: str
    locks: TrialLocks | None

    def create_study(
        self,
        name: str,
        sampler: BaseSampler | None = None,
        pruner: BasePruner | None = None,
    ) -> Study:
        """Create or load an Optuna study that maximizes a number.

        Args:
            name: Its name.
            sampler: Sampler of this process.
            pruner: Pruner of this process.
        """
        import optuna

        return optuna.create_study(
            storage=self.storage,
            study_name=name,
            sampler=sampler,
            pruner=pruner,
            direction="maximize",
            load_if_exists=True,
        )

    def retry_stale_trials(self, study: Study) -> list[int]:
        """Fail the trials whose worker has died, and try them again.

        Args:
            study: The study.

        Returns:
            The numbers of the failed trials.
        """
        import optuna
        from optuna.trial import TrialState

        if self.locks is None:
            # Heartbeats; it retries by the callback of the storage.
            optuna.storages.fail_stale_trials(study)
        failed = []
        for trial in stale_trials(study, self.locks):
            try:
                is_ours = self.storage.set_trial_state_values(
                    trial._trial_id, TrialState.FAIL
                )
            except optuna.exceptions.UpdateFinishedTrialError:
                continue  # Another worker has failed it.
            if is_ours:
                _retry_callback()(
                    study, self.storage.get_trial(trial._trial_id)
                )
                failed.append(trial.number)
        return failed

    def retry(self, study: Study, number: int) -> None:
        """Try a trial again that the user has stopped.

        Args:
            study: Its study.
            number: Its number.
        """
        trial = study.get_trials()[number]
        _retry_callback(max_retries=None)(study, trial)


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
    import sqlalchemy

    # A failed trial is reported by the study itself, in one line.
    optuna.logging.set_verbosity(logging.ERROR)
    warnings.filterwarnings(
        "ignore", category=optuna.exceptions.ExperimentalWarning
    )
    if url is None:
        workdir.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{(workdir / 'study.sqlite3').resolve()}"
    if "://" not in url:
        return _open_journal(url)
    path = url.removeprefix("sqlite:///")
    locks = None
    options: dict[str, Any] = {}
    if path != url:
        locks = TrialLocks(Path(f"{path}.locks"))
        # Several workers write to one file.
        options = {"connect_args": {"timeout": 60}}
    else:
        # A connection that the server has closed is opened again.
        options = {"pool_pre_ping": True}
    try:
        storage = optuna.storages.RDBStorage(
            url,
            engine_kwargs=options,
            heartbeat_interval=None if locks else HEARTBEAT,
            grace_period=None if locks else GRACE,
            heartbeat_stale_trial_callback=None if locks else _retry_callback(),
        )
    except ImportError as error:
        raise ValueError(
            "Argument `storage` needs the driver of its database: pip install "
            f"'seal_tf[postgresql]'. Received: storage={url} ({error})"
        ) from None
    except (sqlalchemy.exc.SQLAlchemyError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            "Argument `storage` must be a database that can be opened, such "
            "as postgresql://user:password@host/database, or the path of a "
            f"journal file. Received: storage={url} ({reason})"
        ) from None
    return StudyStorage(storage, url, locks)


def _open_journal(path: str) -> StudyStorage:
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    file = Path(path)
    if file.suffix not in (".log", ".journal") or file.is_dir():
        raise ValueError(
            "Argument `storage` must be the URL of a database, such as "
            "postgresql://user:password@host/database, or the path of a "
            f"journal file that ends in .log or .journal. Received: "
            f"storage={path}"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        storage = JournalStorage(JournalFileBackend(str(file)))
    except (OSError, ValueError) as error:
        raise ValueError(
            "Argument `storage` must be a journal file of Optuna. Received: "
            f"storage={path} ({error})"
        ) from None
    return StudyStorage(storage, path, TrialLocks(Path(f"{path}.locks")))


def _retry_callback(max_retries: int | None = MAX_RETRIES) -> Any:
    from optuna.storages import RetryHeartbeatStaleTrialCallback

    return RetryHeartbeatStaleTrialCallback(
        max_retries, inherit_intermediate_values=True
    )

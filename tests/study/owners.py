"""Several workers in one process, each with a storage of its own."""

import functools
import tempfile
from pathlib import Path

import optuna
import sqlalchemy

from seal_tf.study.heartbeats import Heartbeats, ignore_experimental
from seal_tf.study.retries import retry
from seal_tf.study.storage import StudyStorage, open_storage


def open_workers(kind, folder, count=2):
    """Return storages of workers that share a study.

    Args:
        kind: "sqlite", "journal", or "heartbeats": a database with
            heartbeats, of one second.
        folder: Where the files are.
        count: Number of workers.
    """
    if kind == "heartbeats":
        (folder / "server.db").write_bytes(_empty_database())
    return [_open(kind, folder) for _ in range(count)]


def _open(kind, folder):
    if kind == "sqlite":
        return open_storage(None, folder)
    if kind == "journal":
        return open_storage(str(folder / "study.log"), folder)
    with ignore_experimental():
        storage = _database(
            folder,
            heartbeat_interval=1,
            grace_period=1,
            heartbeat_stale_trial_callback=retry,
        )
    return StudyStorage(storage, Heartbeats(storage))


def _database(folder, **options):
    return optuna.storages.RDBStorage(
        f"sqlite:///{folder}/server.db",
        engine_kwargs={"connect_args": {"timeout": 60}},
        skip_compatibility_check=True,
        **options,
    )


@functools.cache
def _empty_database():
    """Return a database without a study: its tables take time."""
    with tempfile.TemporaryDirectory() as folder:
        _database(folder).engine.dispose()
        return (Path(folder) / "server.db").read_bytes()


def age_heartbeats(storage):
    """Make all heartbeats old, instead of a wait."""
    with storage._storage.engine.begin() as connection:
        connection.execute(
            sqlalchemy.text(
                "UPDATE trial_heartbeats SET heartbeat = '2020-01-01 00:00:00'"
            )
        )

"""FileLock."""

import multiprocessing
import os
import signal
import time

from seal_tf.study.file_lock import FileLock
from tests.study.workers import wait_for


def test_acquire_second_lock_fails_until_the_first_is_released(tmp_path):
    path = tmp_path / "folder" / "a.lock"
    first, second = FileLock(path), FileLock(path)
    assert first.acquire()
    assert not second.acquire(wait=False)
    first.release()
    assert not path.exists()
    assert second.acquire(wait=False)
    first.release()  # It has no lock: this does nothing.
    assert not FileLock(path).acquire(wait=False)
    second.release()


def test_acquire_deleted_file_locks_the_new_one(tmp_path, monkeypatch):
    """The owner releases between the opening of the file and its lock."""
    path = tmp_path / "a.lock"
    owner, waiting = FileLock(path), FileLock(path)
    owner.acquire()
    flock = FileLock.acquire.__globals__["fcntl"].flock
    calls = []

    def release_first(file, operation):
        if not calls:
            calls.append(file)
            owner.release()
        flock(file, operation)

    monkeypatch.setattr("fcntl.flock", release_first)
    assert waiting.acquire()
    assert path.exists()
    assert not FileLock(path).acquire(wait=False)
    waiting.release()


def _hold(path, ready):
    with FileLock(path):
        ready.set()
        time.sleep(60)


def test_killed_owner_releases_the_lock(tmp_path):
    path = tmp_path / "a.lock"
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    owner = context.Process(target=_hold, args=(path, ready))
    owner.start()
    assert ready.wait(10)
    assert not FileLock(path).acquire(wait=False)
    os.kill(owner.pid, signal.SIGKILL)
    owner.join()
    lock = FileLock(path)
    wait_for(lambda: lock.acquire(wait=False), timeout=5)
    lock.release()

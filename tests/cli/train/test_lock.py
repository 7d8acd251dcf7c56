import os

import pytest

from seal_tf.cli.train.lock import Lock


def test_acquire_twice_by_one_lock_is_harmless(tmp_path):
    lock = Lock(tmp_path / "lock")
    lock.acquire()
    lock.acquire()
    lock.release()


def test_acquire_held_lock_error_names_the_process(tmp_path):
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    first.acquire()
    with pytest.raises(ValueError, match=f"process {os.getpid()} on "):
        second.acquire()
    first.release()
    second.acquire()
    second.release()

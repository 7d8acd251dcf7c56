"""Workers agree on a value."""

import threading

import pytest

from seal_tf.study.agreement import agree, find_agreed
from seal_tf.study.storage import open_storage
from tests.study.owners import open_workers


def test_agree_returns_the_first_value(tmp_path):
    first, second = open_workers("journal", tmp_path)
    assert find_agreed(second, "study/plan") is None
    value, existed = agree(first, "study/plan", lambda: {"epochs": [3, None]})
    assert (value, existed) == ({"epochs": [3, None]}, False)

    def fail():
        pytest.fail("the value is known")

    assert agree(second, "study/plan", fail) == (value, True)
    assert find_agreed(second, "study/plan") == value
    assert find_agreed(second, "other/plan") is None


def _agree_at_once(storages):
    """Let workers agree at the same time; return their values and calls."""
    barrier = threading.Barrier(len(storages))
    results, computed = [], []

    def work(number, storage):
        def compute():
            computed.append(number)
            return number

        barrier.wait()
        results.append(agree(storage, "at/once", compute))

    threads = [
        threading.Thread(target=work, args=item) for item in enumerate(storages)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results, computed


def test_workers_at_the_same_moment_agree(storage, tmp_path):
    storages = [open_storage(storage, tmp_path) for _ in range(4)]
    results, computed = _agree_at_once(storages)
    assert len(results) == 4
    assert len({value for value, _ in results}) == 1
    assert [existed for _, existed in results].count(False) == len(computed)
    if storage is None or storage.endswith(".log"):
        # Workers with a common file compute it once.
        assert len(computed) == 1


def test_interrupted_computation_leaves_no_value(tmp_path):
    first, second = open_workers("sqlite", tmp_path)

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        agree(first, "study/plan", interrupt)
    assert agree(second, "study/plan", lambda: 5) == (5, False)

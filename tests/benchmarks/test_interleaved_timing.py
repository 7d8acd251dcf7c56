"""Tests of interleaved timing."""

from __future__ import annotations

import time

from benchmarks.interleaved_timing import median_interval, time_interleaved


def test_time_interleaved_takes_ratios_within_a_round() -> None:
    # The machine is half as fast in the second half; no ratio changes.
    times = {"a": iter([9, 1, 1, 2, 2]), "b": iter([9, 3, 3, 6, 6])}
    functions = {n: (lambda t=t: float(next(t))) for n, t in times.items()}
    result = time_interleaved(functions, 4, warm_up=1)
    assert result["ratio"]["b"] == {
        "median": 3,
        "interval": [3, 3],
        "quartiles": [3, 3],
    }
    assert result["median_seconds"] == {"a": 1.5, "b": 4.5}
    assert result["rounds"] == 4


def test_time_interleaved_reverses_every_second_round() -> None:
    order: list[str] = []
    time_interleaved(
        {n: (lambda n=n: order.append(n)) for n in "abc"}, rounds=3, warm_up=0
    )
    assert "".join(order) == "abccbaabc"


def test_time_interleaved_accepts_times_from_the_functions() -> None:
    def slow() -> float:
        time.sleep(0.01)
        return 1.0

    result = time_interleaved(
        {"a": lambda: 2.0, "b": slow}, 5, extra_pairs=[("b", "a")]
    )
    assert result["ratio"]["b"]["median"] == 0.5
    assert result["ratio"]["a / b"]["median"] == 2


def test_median_interval_has_the_ranks_of_the_sign_test() -> None:
    """Ranks 10 and 21 of 30, as in tables of the sign test."""
    assert median_interval(range(1, 31)) == [10, 21]
    assert median_interval([3]) == [3, 3]

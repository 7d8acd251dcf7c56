"""Two sides by turns, medians of ratios: this machine is noisy."""

from __future__ import annotations

import math
import statistics
import time


def by_turns(sides, turns: int, warm_up: int = 2, also=()) -> dict:
    """Times functions by turns.

    Every second turn goes the other way round, so that nobody always comes
    after the same one.

    Args:
        sides: Functions by name, the first of them the one compared with. One
            that returns a number says itself how many seconds it took.
        turns: Turns of each.
        warm_up: Calls of each that are not timed.
        also: More pairs (first, other) whose ratio is wanted; it is called
            "other / first".

    Returns:
        Median seconds of each side, and for each but the first the median
        ratio to it within a turn, with quartiles and the 95 % interval of
        the median (by its ranks).
    """
    for function in sides.values():
        for _ in range(warm_up):
            function()
    times = {name: [] for name in sides}
    for turn in range(turns):
        order = list(sides.items())
        for name, function in order if turn % 2 == 0 else reversed(order):
            times[name].append(_seconds(function))
    first, *others = sides
    found = {
        "turns": turns,
        "median_seconds": {n: statistics.median(t) for n, t in times.items()},
        "ratio": {},
    }
    pairs = {name: (first, name) for name in others}
    pairs |= {f"{other} / {one}": (one, other) for one, other in also}
    for name, (one, other) in pairs.items():
        ratios = [b / a for a, b in zip(times[one], times[other], strict=True)]
        low, _, high = statistics.quantiles(ratios, n=4)
        found["ratio"][name] = {
            "median": statistics.median(ratios),
            "interval": interval(ratios),
            "quartiles": [low, high],
        }
    return found


def interval(values) -> list[float]:
    """The 95 % interval of a median, by ranks (normal approximation)."""
    values, count = sorted(values), len(values)
    low = max(0, math.floor(count / 2 - 0.98 * math.sqrt(count)))
    return [values[low], values[count - 1 - low]]


def _seconds(function) -> float:
    began = time.perf_counter()
    said = function()
    took = time.perf_counter() - began
    return said if isinstance(said, float) else took

"""Time functions in alternation and compare them by medians of ratios.

Other work on the machine changes its speed. A ratio of two times of the same
round does not depend on the speed.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

#: A function to time. A returned float is its own time in seconds.
Timed = Callable[[], object]


def time_interleaved(
    functions: Mapping[Any, Timed],
    rounds: int,
    warm_up: int = 2,
    extra_pairs: Iterable[tuple[Hashable, Hashable]] = (),
) -> dict[str, Any]:
    """Time functions in alternation.

    Every second round has the reverse order, so that no function always
    follows the same other function.

    Args:
        functions: Functions by name. The first one is the baseline.
        rounds: Number of timed calls of each function.
        warm_up: Calls of each function before that are not timed.
        extra_pairs: Additional pairs (baseline, other) to compare. The name
            of their ratio is "other / baseline".

    Returns:
        "rounds"; "median_seconds" by name; "ratio": for every function but
        the first, the median ratio to the first one within a round, its 95 %
        "interval" and its "quartiles".
    """
    for function in functions.values():
        for _ in range(warm_up):
            function()
    times: dict[Any, list[float]] = {name: [] for name in functions}
    for index in range(rounds):
        order = list(functions.items())
        for name, function in order if index % 2 == 0 else reversed(order):
            times[name].append(_seconds(function))
    first, *others = functions
    pairs = {name: (first, name) for name in others}
    pairs |= {f"{other} / {base}": (base, other) for base, other in extra_pairs}
    return {
        "rounds": rounds,
        "median_seconds": {n: statistics.median(t) for n, t in times.items()},
        "ratio": {
            name: _ratio(times[base], times[other])
            for name, (base, other) in pairs.items()
        },
    }


def _ratio(base_times: list[float], times: list[float]) -> dict[str, Any]:
    ratios = [b / a for a, b in zip(base_times, times, strict=True)]
    low, _, high = statistics.quantiles(ratios, n=4)
    return {
        "median": statistics.median(ratios),
        "interval": median_interval(ratios),
        "quartiles": [low, high],
    }


def median_interval(values: Iterable[float]) -> list[float]:
    """Return the 95 % interval of a median.

    The interval is that of the sign test in normal approximation: the values
    at the ranks n / 2 ± 0.98 sqrt(n).

    Args:
        values: The sample.
    """
    values = sorted(values)
    count = len(values)
    low = max(0, math.floor(count / 2 - 0.98 * math.sqrt(count)))
    return [values[low], values[count - 1 - low]]


def _seconds(function: Timed) -> float:
    start = time.perf_counter()
    result = function()
    elapsed = time.perf_counter() - start
    return result if isinstance(result, float) else elapsed

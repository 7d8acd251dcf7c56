"""Two sides by turns, medians of ratios: this machine is noisy."""

from __future__ import annotations

import json
import platform
import statistics
import time
from pathlib import Path


def by_turns(sides, pairs: int, warm_up: int = 2) -> dict:
    """Times functions by turns.

    Args:
        sides: Functions by name, the first of them the one compared with.
        pairs: Turns of each.
        warm_up: Calls of each that are not timed.

    Returns:
        Median seconds of each side, and for each but the first the median
        ratio to it within a turn, with the quartiles.
    """
    for function in sides.values():
        for _ in range(warm_up):
            function()
    times = {name: [] for name in sides}
    for _ in range(pairs):
        for name, function in sides.items():
            began = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - began)
    first, *others = sides
    found = {
        "turns": pairs,
        "median_seconds": {n: statistics.median(t) for n, t in times.items()},
        "ratio": {},
    }
    for name in others:
        ratios = [b / a for a, b in zip(times[first], times[name], strict=True)]
        low, _, high = statistics.quantiles(ratios, n=4)
        found["ratio"][name] = {
            "median": statistics.median(ratios),
            "quartiles": [low, high],
        }
    return found


def write(name: str, question: str, found: dict) -> None:
    """Writes `docs/benchmarks/NAME.json` and prints the ratios."""
    import keras
    import tensorflow as tf

    found = {
        "question": question,
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{platform.processor() or platform.machine()}, "
        f"{len(tf.config.list_logical_devices('CPU'))} CPU device(s)",
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
        **found,
    }
    path = Path("docs/benchmarks") / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n")
    print(question)
    for side, ratio in found["ratio"].items():
        low, high = ratio["quartiles"]
        print(f"  {side}: {ratio['median']:.3f} ({low:.3f} to {high:.3f})")
    print(f"  written: {path}")

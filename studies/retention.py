"""Measure how much accuracy ascents with a searched S retain.

  python -m studies.retention

Prints, for every ascent of every study, the retained fraction of the training
accuracy above chance, and a table of the fractions by target.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seal_tf.reports.markdown import format_table

RESULTS_DIR = Path("docs/results")
#: Runs of plain SEAL, without another change or another forgetting method.
PLAIN_FLAGS = {
    "ascent_scale": "auto",
    "ascent_epochs": None,
    "seal_ascend": "early",
    "seal_freeze_others": False,
    "seal_ascent_l2": 0.0,
    "reset_optimizer": True,
    "split_at": None,
    "optimizer": "sgd",
}
#: The largest L2 of the table; with the larger ones, the networks hardly learn.
LARGEST_L2 = 0.01

#: A measurement of `summary.json`: "epoch", "step", "accuracy", "chance", …
Measurement = dict[str, Any]


def main() -> int:
    """Run the command."""
    for path, flags, ascents in searched_runs():
        fractions = _final_fractions(ascents)
        print(path, f"retain {flags['retain']:g}:", *_format_all(fractions))
    print(retention_table())
    return 0


def searched_runs(
    results: Path = RESULTS_DIR,
) -> Iterator[tuple[Path, dict[str, Any], list[list[Measurement]]]]:
    """Yield the runs of plain SEAL with a searched S, in order.

    Args:
        results: Folder of the results of all studies.

    Yields:
        (file, flags, measurements of each ascent).
    """
    for path in sorted(results.glob("*/json/*/*.json")):
        result = json.loads(path.read_text())["result"]
        flags = result.get("flags")
        if "scale_measurements" not in result or "llf" in flags["method"]:
            continue
        # A flag that is newer than the run has its default.
        if all(flags.get(k, v) == v for k, v in PLAIN_FLAGS.items()):
            yield path, flags, split_ascents(result["scale_measurements"])


def retention_table(results: Path = RESULTS_DIR) -> str:
    """Return the quantiles of the retained fraction as a Markdown table.

    Args:
        results: Folder of the results of all studies.

    Returns:
        The table, with a row for each target, L2, fraction of wrong labels
        and network.
    """
    groups: dict[tuple[float, float, float, str], list[list[Measurement]]] = {}
    for _, flags, ascents in searched_runs(results):
        if flags["l2"] > LARGEST_L2:
            continue
        key = (
            flags["retain"],
            flags["l2"],
            flags.get("label_noise") or 0.0,
            flags["arch"],
        )
        groups.setdefault(key, []).extend(ascents)
    rows = [
        [
            "retain",
            "L2",
            "wrong labels",
            "network",
            "ascents",
            "minimum",
            "middle half",
            "median",
            "maximum",
            "median S",
        ]
    ]
    for (retain, l2, label_noise, arch), ascents in sorted(groups.items()):
        fractions = _final_fractions(ascents)
        scales = [a[-1]["scale"] for a in ascents]
        minimum, low, median, high, maximum = _format_all(
            np.quantile(fractions, [0, 0.25, 0.5, 0.75, 1])
        )
        rows.append(
            [
                f"{retain:g}",
                f"{l2:g}",
                f"{label_noise:.0%}" if label_noise else "none",
                arch,
                str(len(ascents)),
                minimum,
                f"{low} to {high}",
                median,
                maximum,
                f"{np.median(scales):.1g}",
            ]
        )
    return format_table(rows)


def split_ascents(
    measurements: Sequence[Measurement],
) -> list[list[Measurement]]:
    """Group measurements by ascent: consecutive epochs belong to one ascent."""
    ascents: list[list[Measurement]] = []
    for measurement in measurements:
        if ascents and measurement["epoch"] - ascents[-1][-1]["epoch"] <= 1:
            ascents[-1].append(measurement)
        else:
            ascents.append([measurement])
    return ascents


def retained_fraction(measurement: Measurement, first: Measurement) -> float:
    """Return the retained fraction of the accuracy above chance.

    Args:
        measurement: A measurement.
        first: The first measurement of the same ascent.
    """
    above_chance = first["accuracy"] - first["chance"]
    if not above_chance:
        return 0.0
    return (measurement["accuracy"] - measurement["chance"]) / above_chance


def _final_fractions(ascents: Iterable[Sequence[Measurement]]) -> list[float]:
    """Return the retained fraction at the end of each ascent."""
    return [retained_fraction(ascent[-1], ascent[0]) for ascent in ascents]


def _format_all(values: Iterable[float]) -> list[str]:
    # The addition turns -0.0 into 0.0.
    return [f"{round(v, 2) + 0.0:.2f}" for v in values]


if __name__ == "__main__":
    sys.exit(main())

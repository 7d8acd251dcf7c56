"""Average prediction-depth results over seeds."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from seal_tf.probes.report_parts import Entry


def average_over_seeds(name: str, entries: Sequence[Entry]) -> Entry:
    """Average the results of several seeds into those of one network.

    Fractions and means are averaged over the seeds. Metrics by depth are
    averaged with the number of examples as weights.

    Args:
        name: Name of the group.
        entries: At least one entry of a prediction-depth result.

    Returns:
        An entry; for several seeds it also has "deviation" and
        "deviation_per_tap".
    """
    if len(entries) == 1:
        return {**entries[0], "name": name}
    results = [entry["results"] for entry in entries]
    splits = {}
    for split in results[0]["splits"]:
        seeds = [result["splits"][split] for result in results]
        definitions = set.intersection(*(set(seed) for seed in seeds))
        definitions -= {"accuracy_per_tap"}
        per_tap = list(
            zip(*(seed["accuracy_per_tap"] for seed in seeds), strict=True)
        )
        splits[split] = {
            "accuracy_per_tap": [statistics.fmean(v) for v in per_tap],
            "deviation_per_tap": [statistics.stdev(v) for v in per_tap],
            **{
                definition: _average_summaries(
                    [seed[definition] for seed in seeds]
                )
                for definition in definitions
            },
        }
    return {
        "name": f"{name}, {len(entries)} seeds",
        "trained": entries[0].get("trained", {}),
        "results": {"taps": results[0]["taps"], "splits": splits},
    }


def _average_summaries(summaries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    means = [s["mean"] for s in summaries]
    histograms = zip(*(s["histogram"] for s in summaries), strict=True)
    classes = zip(*(s["by_class"] for s in summaries), strict=True)
    average: dict[str, Any] = {
        "mean": statistics.fmean(means),
        "deviation": statistics.stdev(means),
        "none_fraction": statistics.fmean(
            s["none_fraction"] for s in summaries
        ),
        "histogram": [sum(h) for h in histograms],
        "by_class": [_mean_of_present(c) for c in classes],
        "class_names": summaries[0]["class_names"],
    }
    if all("by_depth" in s for s in summaries):
        average["by_depth"] = _average_rows([s["by_depth"] for s in summaries])
    if all("learning_epochs" in s for s in summaries):
        average["learning_epochs"] = {
            name: _average_rows([s["learning_epochs"][name] for s in summaries])
            for name in summaries[0]["learning_epochs"]
        }
    return average


def _mean_of_present(values: Iterable[float | None]) -> float | None:
    present = [v for v in values if v is not None]
    return statistics.fmean(present) if present else None


def _weight(row: dict[str, Any], key: str) -> float:
    """Return the number of examples that a value is the mean of."""
    if key in ("mean", "median"):
        return row["examples"] * (1 - row["never_fraction"])
    return row["examples"]


def _average_rows(
    tables: Sequence[Sequence[dict[str, Any]]],
) -> list[dict[str, Any]]:
    rows = [row for table in tables for row in table]
    averaged_rows = []
    for depth in sorted({row["depth"] for row in rows}):
        same = [row for row in rows if row["depth"] == depth]
        entry = {"depth": depth, "examples": sum(r["examples"] for r in same)}
        for key in same[0].keys() - {"depth", "examples"}:
            weighted = [
                (r[key], _weight(r, key)) for r in same if r[key] is not None
            ]
            weight = sum(w for _, w in weighted)
            entry[key] = (
                sum(v * w for v, w in weighted) / weight if weight else None
            )
        averaged_rows.append(entry)
    return averaged_rows

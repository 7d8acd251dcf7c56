"""Results of `seal_tf.probe`, as its JSON files tell them."""

from __future__ import annotations

import dataclasses
import json
import statistics
from pathlib import Path

from seal_tf.report.groups import key_of

PROBES = ("prediction_depth", "linear", "few_shot", "ensemble", "sharpness")


@dataclasses.dataclass(frozen=True)
class Result:
    """One probe on one data set.

    Args:
        path: Its file.
        probe: Which one.
        data: What it says of the images.
        protocol: How it was done.
        networks: Its entries: "name", "trained", "results".
        left_out: What could not be done, a line each.
    """

    path: Path
    probe: str
    data: dict
    protocol: str
    networks: list[dict]
    left_out: tuple[str, ...] = ()


def read_results(folder) -> list[Result]:
    """All probe results in a folder.

    Raises:
        ValueError: a file is damaged.
    """
    files = [Path(folder) / f"{probe}.json" for probe in PROBES]
    found = [read_result(file) for file in files if file.exists()]
    return [result for result in found if result is not None]


def read_result(file) -> Result | None:
    """One probe's result.

    Returns:
        None for a file of that name that a run of `snapshots` wrote.

    Raises:
        ValueError: the file is damaged.
    """
    file = Path(file)
    try:
        said = json.loads(file.read_text())
        if "probe" not in said:
            return None
        return _checked(
            file,
            said["probe"],
            said["dataset"],
            said["protocol"],
            said["networks"],
            tuple(said.get("left_out", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{file}: damaged; no result of ours.") from error


def _checked(file, probe, data, protocol, networks, left_out):
    data["classes"] + 0
    for needed in (data["label"], data["name"], protocol):
        if not isinstance(needed, str):
            raise TypeError(needed)
    for entry in networks:
        entry["name"], entry["results"], entry.get("trained", {}).get("flags")
    return Result(file, probe, data, protocol, networks, left_out)


def by_group(result, groups) -> dict[str, list[dict]]:
    """Entries of a result, by the name of the group they belong to.

    Networks of runs that are not among the groups are taken together where
    they differ only in their seed; others stand for themselves.

    Args:
        result: A `Result`.
        groups: The page's `Group`s, whose order is kept.
    """
    names = {group.key: group.name for group in groups}
    sizes = {group.key: len(group.runs) for group in groups}
    entries: dict[tuple, list[dict]] = {}
    for entry in result.networks:
        flags = entry.get("trained", {}).get("flags")
        key = key_of(flags) if flags else (entry["name"],)
        mine = entries.setdefault(key, [])
        if mine and _seed(entry) in map(_seed, mine):
            # One network twice (its export and its file) is not two seeds.
            mine = entries.setdefault((*key, entry["name"]), [])
        mine.append(entry)
    order = [g.key for g in groups if g.key in entries]
    order += [key for key in entries if key not in names]
    found = {}
    for key in order:
        mine = entries[key]
        name = names.get(key, mine[0]["name"])
        if len(mine) > sizes.get(key, 1):
            name = mine[0]["trained"]["method"]
        while name in found:
            name += "'"
        found[name] = mine
    return found


def _seed(entry):
    return entry.get("trained", {}).get("flags", {}).get("seed")


def generations_of(entries) -> int | None:
    """The generations that networks were trained for, where known."""
    return entries[0].get("trained", {}).get("flags", {}).get("generations")


def method_of(entries) -> str | None:
    """The method that networks were trained by, where it is known."""
    return entries[0].get("trained", {}).get("method")


def merged_depths(name, entries) -> dict:
    """Depth results of several seeds as those of one network.

    Shares and means are averaged over the seeds, what goes with depth
    weighted by the examples.

    Args:
        name: Of the group.
        entries: Entries of a prediction-depth result, at least one.
    """
    if len(entries) == 1:
        return {**entries[0], "name": name}
    every = [e["results"] for e in entries]
    splits = {}
    for split in every[0]["splits"]:
        mine = [r["splits"][split] for r in every]
        definitions = set.intersection(*(set(m) for m in mine))
        definitions -= {"accuracy_per_tap"}
        per_tap = list(zip(*(m["accuracy_per_tap"] for m in mine), strict=True))
        splits[split] = {
            "accuracy_per_tap": [statistics.fmean(v) for v in per_tap],
            "deviation_per_tap": [statistics.stdev(v) for v in per_tap],
            **{d: _merged([m[d] for m in mine]) for d in definitions},
        }
    return {
        "name": f"{name}, {len(entries)} seeds",
        "results": {"taps": every[0]["taps"], "splits": splits},
    }


def _merged(summaries):
    means = [s["mean"] for s in summaries]
    histograms = zip(*(s["histogram"] for s in summaries), strict=True)
    classes = zip(*(s["by_class"] for s in summaries), strict=True)
    merged = {
        "mean": statistics.fmean(means),
        "deviation": statistics.stdev(means),
        "none": statistics.fmean(s["none"] for s in summaries),
        "histogram": [sum(h) for h in histograms],
        "by_class": [_mean(c) for c in classes],
        "class_names": summaries[0]["class_names"],
    }
    if all("goes_with" in s for s in summaries):
        merged["goes_with"] = _by_depth([s["goes_with"] for s in summaries])
    if all("learned" in s for s in summaries):
        merged["learned"] = {
            name: _by_depth([s["learned"][name] for s in summaries])
            for name in summaries[0]["learned"]
        }
    return merged


def _mean(values):
    known = [v for v in values if v is not None]
    return statistics.fmean(known) if known else None


def _weight(row, key):
    """Examples that a number of one depth is the mean of."""
    if key in ("mean", "median"):
        return row["examples"] * (1 - row["never"])
    return row["examples"]


def _by_depth(tables):
    rows = [row for table in tables for row in table]
    merged = []
    for depth in sorted({row["depth"] for row in rows}):
        mine = [row for row in rows if row["depth"] == depth]
        entry = {"depth": depth, "examples": sum(r["examples"] for r in mine)}
        for key in mine[0].keys() - {"depth", "examples"}:
            known = [
                (r[key], _weight(r, key)) for r in mine if r[key] is not None
            ]
            weight = sum(w for _, w in known)
            entry[key] = (
                sum(v * w for v, w in known) / weight if weight else None
            )
        merged.append(entry)
    return merged

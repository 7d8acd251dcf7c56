"""Read the JSON files of `seal_tf.probe` and group their networks."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seal_tf.probes.registry import PROBES
from seal_tf.probes.report_parts import (
    Entry,
    GroupedResult,
    training_seed,
)
from seal_tf.reports.run_groups import (
    RunGroup,
    describe_differences,
    experiment_key,
)

#: Weights of a network that the result of its run is about.
_MAIN_WEIGHTS = "last"


@dataclasses.dataclass(frozen=True)
class ProbeResult:
    """The result of one probe on one data set.

    Args:
        path: Its file.
        probe: Name of the probe.
        data: What it reports of its images.
        protocol: The protocol as text.
        networks: An entry for each network: "name", "trained", "results".
        skipped: What the probe could not compute, one line each.
    """

    path: Path
    probe: str
    data: dict[str, Any]
    protocol: str
    networks: list[Entry]
    skipped: tuple[str, ...] = ()


def read_probe_results(folder: str | Path) -> list[ProbeResult]:
    """Read all probe results in a folder.

    Args:
        folder: The folder.

    Returns:
        The results, in the order of the registry.

    Raises:
        ValueError: A file is damaged.
    """
    files = [Path(folder) / f"{probe}.json" for probe in PROBES]
    results = [read_probe_result(file) for file in files if file.exists()]
    return [result for result in results if result is not None]


def read_probe_result(file: str | Path) -> ProbeResult | None:
    """Read the result of one probe.

    Args:
        file: The JSON file.

    Returns:
        The result, or None for a file of the same name that a run with
        snapshots wrote.

    Raises:
        ValueError: The file is damaged.
    """
    file = Path(file)
    try:
        content = json.loads(file.read_text())
        if "probe" not in content:
            return None
        result = ProbeResult(
            file,
            content["probe"],
            content["dataset"],
            content["protocol"],
            content["networks"],
            tuple(content.get("skipped", ())),
        )
        _check(result)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{file}: the probe result is damaged.") from error
    return result


def _check(result: ProbeResult) -> None:
    if result.probe not in PROBES:
        raise KeyError(result.probe)
    result.data["classes"] + 0
    for text in (result.data["label"], result.data["name"], result.protocol):
        if not isinstance(text, str):
            raise TypeError(text)
    for entry in result.networks:
        entry["name"], entry["results"], entry.get("trained", {}).get("flags")


def group_result(
    result: ProbeResult, groups: Sequence[RunGroup]
) -> GroupedResult:
    """Group the networks of a result over seeds.

    Networks of the report's runs belong to the groups of those runs. Other
    networks form a group if they differ only in their seed. Averaged networks
    and those of the best epoch form groups of their own.

    Args:
        result: The result.
        groups: The groups of runs in the report, whose order is kept.

    Returns:
        The grouped result.
    """
    names = {group.key: group.name for group in groups}
    sizes = {group.key: len(group.runs) for group in groups}
    # By (experiment, weights).
    by_key: dict[tuple[tuple[Any, ...], str], list[Entry]] = {}
    for entry in result.networks:
        trained = entry.get("trained", {})
        experiment: tuple[Any, ...] = (
            experiment_key(trained)
            if trained.get("flags")
            else (entry["name"],)
        )
        weights = trained.get("weights", _MAIN_WEIGHTS)
        entries = by_key.setdefault((experiment, weights), [])
        if entries and training_seed(entry) in map(training_seed, entries):
            # One network twice (its export and its file) is not two seeds.
            key = (*experiment, entry["name"]), weights
            entries = by_key.setdefault(key, [])
        entries.append(entry)
    order = [key for group in groups for key in by_key if key[0] == group.key]
    order += [key for key in by_key if key[0] not in names]
    # Groups of several networks that are not the report's have the name of
    # their method.
    of_method = [
        (experiment, weights)
        for experiment, weights in order
        if len(by_key[experiment, weights]) > sizes.get(experiment, 1)
    ]
    grouped: dict[str, list[Entry]] = {}
    for experiment, weights in order:
        entries = by_key[experiment, weights]
        own_name: str = entries[0]["name"]
        name = names.get(experiment, own_name)
        if (experiment, weights) in of_method:
            name = entries[0]["trained"]["method"] or name
            keys = [key for key, w in of_method if w == weights]
            if differences := describe_differences(experiment, keys):
                name += f" ({differences})"
        if weights != _MAIN_WEIGHTS and name != own_name:
            name += f" ({weights})"
        while name in grouped:
            name += "'"
        grouped[name] = entries
    return GroupedResult(
        result.data,
        grouped,
        result.skipped,
        result.path.parent,
        result.protocol,
    )

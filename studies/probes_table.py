"""What the features of finalists are good for, in one table."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from seal_tf.probes.report_parts import Entry, training_seed
from seal_tf.utils.statistics import format_mean
from studies.comparison import format_difference, probe_metric
from studies.finals_table import label_of, read_title

#: Probes with a column each.
PROBES = ("prediction_depth", "linear", "few_shot")
#: Ends the name of a network with averaged weights.
_AVERAGED = "_averaged"
#: The seed in the name of a network.
_SEED = re.compile(r"-seed\d+")

#: Values by name of the network without its seed, and by seed.
_Values = dict[str, dict[int, float]]


def probes_table(folders: Sequence[str | Path]) -> list[list[str]]:
    """Return the rows of a table with the probes of each study's finalists.

    The first finalist of a study has the mean over seeds and the standard
    deviation, the others their difference to it, paired by seed, with its
    95 % interval. A finalist with averaged weights is probed with these; if
    its last weights were probed, too, they have a row of their own. A
    finalist whose runs failed has empty cells.

    Args:
        folders: Folders with the file `study.json` of a study, and the
            results of the probes of its finalists, `probes/PROBE.json`.

    Returns:
        The rows with a header.

    Raises:
        ValueError: A network has no seed.
    """
    metrics: dict[str, None] = {}
    rows = []
    for folder in map(Path, folders):
        study = json.loads((folder / "study.json").read_text())
        title = read_title(folder)
        columns = []
        for metric, values in _read_columns(folder / "probes"):
            metrics[metric] = None
            columns.append(values)
        first = next(iter(study["test_accuracy"]))
        for name in study["test_accuracy"]:
            label = label_of(study, name)
            networks = {name: label}
            if f"{name}{_AVERAGED}" in columns[0]:
                networks = {f"{name}{_AVERAGED}": label}
                if name in columns[0]:
                    networks[name] = f"{label}, last weights"
            for network, text in networks.items():
                cells = [_cell(values, network, first) for values in columns]
                rows.append([title, text, *cells])
    return [["images", "method", *metrics], *rows]


def _read_columns(folder: Path) -> list[tuple[str, _Values]]:
    """Return the test accuracies, then the metric of each probe."""
    columns: list[tuple[str, _Values]] = []
    for probe in PROBES:
        file = folder / f"{probe}.json"
        entries = json.loads(file.read_text())["networks"]
        if not columns:
            columns.append(_column(file, entries, _test_accuracy))
        measure = functools.partial(_metric, probe)
        columns.append(_column(file, entries, measure))
    return columns


def _metric(probe: str, entry: Entry) -> tuple[str, float]:
    return probe_metric(probe, entry["results"])


def _test_accuracy(entry: Entry) -> tuple[str, float]:
    trained = entry["trained"]
    accuracy = trained["results"][trained["weights"]]["val_accuracy"]
    return "test accuracy (%)", 100 * accuracy


def _column(
    file: Path,
    entries: Sequence[Entry],
    measure: Callable[[Entry], tuple[str, float]],
) -> tuple[str, _Values]:
    values: _Values = {}
    metric = ""
    for entry in entries:
        seed = training_seed(entry)
        if seed is None:
            raise ValueError(f"{file}: {entry['name']} has no seed.")
        metric, value = measure(entry)
        values.setdefault(_SEED.sub("", entry["name"]), {})[seed] = value
    return metric, values


def _cell(values: Mapping[str, dict[int, float]], name: str, first: str) -> str:
    if name not in values:
        return ""
    if name == first:
        return format_mean(values[name].values())
    return format_difference(values[name], values[first])

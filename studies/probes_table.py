"""What the features of finalists are good for, in one table."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from seal_tf.probes.report_parts import training_seed
from seal_tf.reports.comparison import SMALLEST_DIFFERENCE, Comparison
from seal_tf.reports.verdict import format_interval
from seal_tf.utils.statistics import format_mean
from studies.comparison import probe_metric
from studies.finals_table import label_of, read_title

#: Probes with a column each.
PROBES = ("prediction_depth", "linear", "few_shot")
#: Ends the name of a network with averaged weights.
_AVERAGED = "_averaged"
#: The seed in the name of a network.
_SEED = re.compile(r"-seed\d+")


def probes_table(folders: Sequence[str | Path]) -> list[list[str]]:
    """Return the rows of a table with the probes of each study's finalists.

    The first finalist of a study has the mean over seeds and the standard
    deviation, the others their difference to it, paired by seed, with its
    95 % interval. A finalist with averaged weights is probed with these; if
    its last weights were probed, too, they have a row of their own.

    Args:
        folders: Folders with the file `study.json` of a study, and the
            results of the probes of its finalists, `probes/PROBE.json`.

    Returns:
        The rows with a header.
    """
    metrics: dict[str, None] = {}
    rows = []
    for folder in map(Path, folders):
        study = json.loads((folder / "study.json").read_text())
        title = read_title(folder)
        columns = []
        for probe in PROBES:
            metric, values = _read_values(folder / "probes" / f"{probe}.json")
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


def _read_values(file: Path) -> tuple[str, dict[str, dict[int, float]]]:
    """Return the metric, and its values by name without seed, and seed."""
    result = json.loads(file.read_text())
    values: dict[str, dict[int, float]] = {}
    for entry in result["networks"]:
        metric, value = probe_metric(result["probe"], entry["results"])
        seed = training_seed(entry)
        if seed is None:
            raise ValueError(f"{file}: {entry['name']} has no seed.")
        values.setdefault(_SEED.sub("", entry["name"]), {})[seed] = value
    return metric, values


def _cell(values: Mapping[str, dict[int, float]], name: str, first: str) -> str:
    if name == first:
        return format_mean(values[name].values())
    differences = {
        seed: value - values[first][seed]
        for seed, value in values[name].items()
    }
    return format_interval(
        Comparison(name, first, SMALLEST_DIFFERENCE, differences)
    )

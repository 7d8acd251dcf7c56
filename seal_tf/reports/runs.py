"""Read finished runs from their work directories."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from seal_tf.utils.distinct_names import distinct_names
from seal_tf.utils.files import read_json_lines


@dataclasses.dataclass(frozen=True)
class Run:
    """A finished run.

    Args:
        path: Its work directory.
        name: Name in figures.
        summary: Content of its `summary.json`.
        epochs: Lines of its `metrics.jsonl`.
    """

    path: Path
    name: str
    summary: dict[str, Any]
    epochs: list[dict[str, Any]]

    @property
    def passes(self) -> float:
        """Forward and backward passes over the training images."""
        # Runs of earlier versions have one for each epoch.
        passes: float = self.summary.get("passes", self.summary["epochs"])
        return passes

    @property
    def generations(self) -> list[dict[str, Any]]:
        """Results of each generation, in order."""
        return self.summary["generations"]


def read_run(path: str | Path) -> Run:
    """Read a work directory.

    Args:
        path: The work directory.

    Returns:
        The run.

    Raises:
        ValueError: The folder contains no finished run, or a file is damaged.
    """
    path = Path(path)
    file = path / "summary.json"
    if not file.exists():
        raise ValueError(
            f"{path}: the folder contains no finished run (summary.json is "
            "missing). Train the run to its end first."
        )
    try:
        summary = json.loads(file.read_text())
        summary["generations"][-1]["val_accuracy_last"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ValueError(f"{file}: the summary is damaged.") from error
    epochs = read_json_lines(path / "metrics.jsonl")
    if len(epochs) != summary["epochs"]:
        raise ValueError(
            f"{path / 'metrics.jsonl'}: the file has {len(epochs)} readable "
            f"epochs, and the summary {summary['epochs']}."
        )
    return Run(path, path.name, summary, epochs)


def read_runs(paths: Iterable[str | Path]) -> list[Run]:
    """Read several work directories.

    Runs are named after their folders, with parents where names are equal.

    Args:
        paths: The work directories.

    Returns:
        The runs, in order.

    Raises:
        ValueError: As `read_run`.
    """
    runs = [read_run(path) for path in paths]
    names = distinct_names([run.path for run in runs])
    return [
        dataclasses.replace(run, name=name)
        for run, name in zip(runs, names, strict=True)
    ]

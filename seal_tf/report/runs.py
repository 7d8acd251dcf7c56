"""A finished or running run, as its work directory tells it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from seal_tf.files import read_json_lines


@dataclasses.dataclass(frozen=True)
class Run:
    """One run.

    Args:
        path: Its work directory.
        name: What figures call it.
        summary: Its `summary.json`.
        epochs: The lines of its `metrics.jsonl`.
    """

    path: Path
    name: str
    summary: dict
    epochs: list[dict]

    def by_generation(self) -> list[dict]:
        return self.summary["generations"]


def read_run(path) -> Run:
    """Reads a work directory.

    Raises:
        ValueError: it holds no finished run.
    """
    path = Path(path)
    file = path / "summary.json"
    if not file.exists():
        raise ValueError(
            f"{path}: no finished run there (no summary.json); train it "
            "first, or let it finish."
        )
    try:
        summary = json.loads(file.read_text())
        summary["generations"][-1]["val_accuracy_last"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ValueError(f"{file}: damaged; no summary of ours.") from error
    epochs = read_json_lines(path / "metrics.jsonl")
    if len(epochs) != summary["epochs"]:
        raise ValueError(
            f"{path / 'metrics.jsonl'}: {len(epochs)} readable epochs, where "
            f"the summary has {summary['epochs']}."
        )
    return Run(path, path.name, summary, epochs)


def read_runs(paths) -> list[Run]:
    """Reads several; those of one name are told apart by their folder's."""
    runs = [read_run(path) for path in paths]
    names = [run.name for run in runs]
    return [
        dataclasses.replace(
            run, name=f"{run.path.resolve().parent.name}/{run.name}"
        )
        if names.count(run.name) > 1
        else run
        for run in runs
    ]

"""A finished or running run, as its work directory tells it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from seal_tf.commands.workdir import read_epochs


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
    summary = json.loads(file.read_text())
    return Run(path, path.name, summary, read_epochs(path))

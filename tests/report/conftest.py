"""Runs with chosen flags and results."""

import json

import pytest


@pytest.fixture
def make_run(finished_run, tmp_path):
    """Create runs like the finished one, with other flags and results."""

    def make(name, accuracies, **flags):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        summary = json.loads((finished_run / "summary.json").read_text())
        summary["flags"] |= flags
        for key in ("method", "seed", "dataset"):
            summary[key] = summary["flags"][key]
        for generation, accuracy in zip(
            summary["generations"], accuracies, strict=True
        ):
            generation["val_accuracy_last"] = accuracy
        summary["last"]["val_accuracy"] = accuracies[-1]
        (folder / "summary.json").write_text(json.dumps(summary))
        lines = (finished_run / "metrics.jsonl").read_text()
        (folder / "metrics.jsonl").write_text(lines)
        return folder

    return make

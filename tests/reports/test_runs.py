"""Finished runs."""

import json

import pytest

from seal_tf.reports.runs import read_run, read_runs


def test_read_run_returns_summary_and_epochs(make_run):
    run = read_run(make_run("r", (0.4, 0.5)))
    assert run.name == "r"
    assert run.generations[-1]["val_accuracy_last"] == 0.5
    assert len(run.epochs) == run.summary["epochs"]


def test_read_run_with_missing_epochs_raises(make_run):
    folder = make_run("r", (0.4, 0.5))
    (folder / "metrics.jsonl").write_text(json.dumps({"epoch": 0}) + "\n")
    with pytest.raises(ValueError, match="1 readable epochs"):
        read_run(folder)


def test_read_runs_of_one_name_adds_the_parent(make_run):
    paths = [make_run(name, (0.4, 0.5)) for name in ("a/r", "b/r", "b/s")]
    assert [run.name for run in read_runs(paths)] == ["a/r", "b/r", "s"]

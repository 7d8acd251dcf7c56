"""Tests of the examples: each file runs without changes."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parent.parent / "examples"


def _run(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run an example, and return its standard output."""
    file = EXAMPLES / name
    assert len(file.read_text().splitlines()) < 60
    runpy.run_path(str(file), run_name="__main__")
    return capsys.readouterr().out


def test_own_project_reaches_90_percent_with_and_without_seal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = _run("own_project.py", capsys)
    matches = re.findall(r"(\d+\.\d)% of 1,197|with SEAL: (\d+\.\d)%", output)
    accuracies = [float(without or with_seal) for without, with_seal in matches]
    assert len(accuracies) == 2 and min(accuracies) > 90


@pytest.mark.slow
def test_text_learns_more_than_chance(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = _run("text.py", capsys)
    # Chance is one in six.
    assert float(re.findall(r"val_accuracy: (\d\.\d+)", output)[-1]) > 0.4
    assert "generation 2/2 · ascent 1/1" in output


@pytest.mark.slow
# KerasTuner loads weights without those of the optimizer.
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_tune_prints_the_best_settings_and_the_test_accuracy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = _run("tune.py", capsys)
    assert re.search(r"S = 0\.\d+, k = \d, later layers from dense_\d", output)
    assert float(re.search(r"114 tumors: (\d+\.\d)%", output)[1]) > 90


@pytest.mark.slow
def test_notebook_runs_and_draws_five_figures() -> None:
    notebook = nbformat.read(EXAMPLES / "figures.ipynb", 4)
    # This call raises the error of a cell.
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    figures = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(figures) == 5

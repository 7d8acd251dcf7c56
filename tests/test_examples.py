"""Each example runs as it is, and what it says is looked at."""

import re
import runpy
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parent.parent / "examples"


def _said(name, capsys):
    file = EXAMPLES / name
    assert len(file.read_text().splitlines()) < 60
    runpy.run_path(str(file), run_name="__main__")
    return capsys.readouterr().out


def test_own_project(capsys):
    said = _said("own_project.py", capsys)
    found = re.findall(r"(\d+\.\d)% of 1,197|with SEAL: (\d+\.\d)%", said)
    shares = [float(one or other) for one, other in found]
    assert len(shares) == 2 and min(shares) > 90


@pytest.mark.slow
def test_text(capsys):
    said = _said("text.py", capsys)
    # One in six by chance.
    assert float(re.findall(r"val_accuracy: (\d\.\d+)", said)[-1]) > 0.4
    assert "generation 2/2 · ascent 1/1" in said


@pytest.mark.slow
# KerasTuner loads weights without the optimizer's.
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_tune(capsys):
    said = _said("tune.py", capsys)
    assert re.search(r"S = 0\.\d+, k = \d, later from dense_\d on", said)
    assert float(re.search(r"looked at: (\d+\.\d)%", said)[1]) > 90


@pytest.mark.slow
def test_notebook():
    notebook = nbformat.read(EXAMPLES / "figures.ipynb", 4)
    # An error in a cell is one of this call.
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    drawn = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(drawn) == 5

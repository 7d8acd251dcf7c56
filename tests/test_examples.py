"""Tests of the examples: each file runs without changes."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parent.parent / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))


def _run(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run an example, and return its standard output."""
    file = EXAMPLES / name
    runpy.run_path(str(file), run_name="__main__")
    return capsys.readouterr().out


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.stem)
def test_examples_have_the_form_of_the_keras_site(file: Path) -> None:
    """A header without an author, then text and code in turn."""
    text = file.read_text()
    header, *_ = re.findall(r'"""\n(.*?)"""', text, re.S)
    assert [line.split(":")[0] for line in header.splitlines()] == [
        "Title",
        "Date created",
        "Last modified",
        "Description",
        "Accelerator",
    ]
    sections = re.findall(r'^"""\n## (.*)', text, re.M)
    assert sections[:3] == ["Introduction", "Setup", "The data"]
    assert len(sections) >= 5
    assert len(text.splitlines()) < 130


@pytest.mark.slow
def test_own_project_reaches_90_percent_and_states_the_interval(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = _run("own_project.py", capsys)
    means = [float(n) for n in re.findall(r"SEAL: (\d+\.\d) %", output)]
    assert len(means) == 2 and min(means) > 90
    low, high = re.search(
        r"baseline: [+-]\d+\.\d \(([+-]\d+\.\d) to ([+-]\d+\.\d)\)", output
    ).groups()
    assert float(low) < float(high)
    cannot_tell = output.endswith("cannot tell\n")
    assert cannot_tell == (float(low) <= 0 <= float(high))


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
    accuracies = re.findall(r"114 tumors: (\d+\.\d)%", output)
    assert len(accuracies) == 2 and min(map(float, accuracies)) > 90


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


@pytest.mark.slow
def test_study_compares_the_methods_of_a_script(tmp_path: Path) -> None:
    """The command of the example, with a budget of passes."""
    script = shlex.join([sys.executable, str(EXAMPLES / "study.py")])
    words = [
        f"--train_command={script}",
        f"--candidates={EXAMPLES / 'study.toml'}",
        *("--passes=90", "--epochs=8", "--trials=1", "--seeds=2"),
        f"--workdir={tmp_path}",
    ]
    subprocess.run([sys.executable, "-m", "seal_tf.study", *words], check=True)
    study = json.loads((tmp_path / "study.json").read_text())
    accuracies = study["test_accuracy"]
    assert set(accuracies) == {"long", "llf", "seal"}
    assert all(len(by_seed) >= 2 for by_seed in accuracies.values())
    # Chance is one in ten.
    assert all(min(v.values()) > 0.5 for v in accuracies.values())
    assert set(study["differences"]) == {"llf", "seal"}

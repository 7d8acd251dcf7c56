"""Tests of the figure of finalists."""

from __future__ import annotations

from pathlib import Path

from studies import embedded_tables
from studies.finals_figure import finals_figure
from tests.studies.test_finals_table import write_study


def test_finals_figure_has_a_row_for_each_difference(tmp_path: Path) -> None:
    folders = [
        write_study(tmp_path / "a", "A", swa=[4, 5, 6], llf=[-1, 0, 1]),
        write_study(tmp_path / "b", "B", llf=[0.1, 0, 0.1]),
    ]
    figure = finals_figure(folders)
    assert figure is not None
    (ax,) = figure.axes
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["SWA: A", "LLF: A", "LLF: B"]
    assert ax.get_xlabel().startswith("points more than one long cosine")
    colors = [bars.lines[0].get_color() for bars in ax.containers]
    assert colors[1] == colors[2] != colors[0]
    assert finals_figure([write_study(tmp_path / "c", "C")]) is None


def test_draw_finals_draws_all_studies(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(embedded_tables, "RESULTS_DIR", tmp_path)
    assert embedded_tables.draw_finals() is None
    write_study(tmp_path / "b", "B", llf=[0.1, 0, 0.1])
    write_study(tmp_path / "a", "A", swa=[4, 5, 6])
    path = embedded_tables.draw_finals()
    assert path == tmp_path / "finals.svg"
    text = path.read_text()
    assert text.index("SWA: A") < text.index("LLF: B")

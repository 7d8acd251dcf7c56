"""Tests of the tables of docs/performance.md."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import table
from benchmarks.result_file import create_row

RESULTS = sorted(Path("docs/benchmarks").glob("*/*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda p: p.stem)
def test_sections_contain_every_result_file(path: Path) -> None:
    result = json.loads(path.read_text())
    assert {"command", "date", "machine", "versions", "rows"} <= set(result)
    assert path.stem in table.SECTIONS
    module = result["command"].split()[2].replace(".", "/")
    assert Path(f"{module}.py").exists()
    assert module == f"benchmarks/{path.stem}"


def test_sections_name_modules() -> None:
    for name in table.SECTIONS:
        assert Path(f"benchmarks/{name}.py").exists()


def test_page_shows_the_numbers_of_the_result_files() -> None:
    """If this fails: python -m benchmarks.table"""
    text = table.PAGE.read_text()
    assert table.draw_tables() in text


def test_format_goal_marks_a_missed_goal() -> None:
    row = create_row("m", "b", 1.5, goal=1.02, note="noise")
    assert table.format_goal(row) == "≤ 1.02, **not met**; noise"
    row = create_row("m", "b", 1.5, goal=(">=", 0.9))
    assert table.format_goal(row) == "≥ 0.9"


def test_format_goal_without_a_goal_is_the_note() -> None:
    assert table.format_goal(create_row("m", "b", 1.5)) == "–"
    row = create_row("m", "b", 1.5, note="computed")
    assert table.format_goal(row) == "computed"


def test_main_replaces_the_tables_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"before\n{table.BEGIN}old\n{table.END}after\n")
    monkeypatch.setattr(table, "PAGE", path)
    assert table.main() == 0
    tables = table.draw_tables()
    assert path.read_text() == (
        f"before\n{table.BEGIN}{tables}{table.END}after\n"
    )

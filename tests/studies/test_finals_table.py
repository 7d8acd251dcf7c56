"""Tests of the table of finalists."""

from __future__ import annotations

import json
from pathlib import Path

from studies import embedded_tables
from studies.finals_table import HEADER, finals_table


def write_study(folder: Path, title: str, **points: list[float]) -> Path:
    scores = {"long": [0.5, 0.52, 0.51]} | {
        name: [0.5 + p / 100 for p in own] for name, own in points.items()
    }
    folder.mkdir()
    study = {
        "labels": {"long": "one long cosine", "swa": "SWA", "llf": "LLF"},
        "smallest_difference": 1.0,
        "test_accuracy": {
            name: dict(zip("123", own, strict=True))
            for name, own in scores.items()
        },
        "differences": {
            name: {"points_by_seed": dict(zip("123", own, strict=True))}
            for name, own in points.items()
        },
    }
    (folder / "study.json").write_text(json.dumps(study))
    (folder / "README.md").write_text(f"# {title}: which method helps?\n")
    return folder


def test_finals_table_has_the_finalists_of_each_study(tmp_path: Path) -> None:
    folders = [
        write_study(tmp_path / "a", "A", swa=[4, 5, 6], llf=[-1, 0, 1]),
        write_study(tmp_path / "b", "B", llf=[0.1, 0, 0.1]),
    ]
    header, *rows = finals_table(folders)
    assert header == HEADER
    assert rows == [
        ["A", "one long cosine", "3", "51.0 ± 1.0", "", ""],
        *(
            ["A", "SWA", "3", "55.0 ± 1.0", "+5.0 (+2.5 to +7.5)", "better"],
            ["A", "LLF", "3", "50.0 ± 1.0"]
            + ["+0.0 (−2.5 to +2.5)", "cannot tell"],
        ),
        ["B", "one long cosine", "3", "51.0 ± 1.0", "", ""],
        ["B", "LLF", "3", "50.1 ± 0.1"]
        + ["+0.07 (−0.08 to +0.21)", "less than 1 point"],
    ]


def test_finals_table_of_failed_runs_and_older_files(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "a", "A", swa=[4, 5, 6])
    study = json.loads((folder / "study.json").read_text())
    for name in ("labels", "smallest_difference"):
        del study[name]
    study["test_accuracy"]["llf"] = {}
    (folder / "study.json").write_text(json.dumps(study))
    _, baseline, swa, llf = finals_table([folder])
    assert baseline[:3] == ["A", "long", "3"]
    assert swa[4:] == ["+5.0 (+2.5 to +7.5)", "better"]
    assert llf == ["A", "llf", "0", "failed", "", ""]


def test_update_tables_fills_the_table_of_finalists(
    tmp_path: Path, monkeypatch
) -> None:
    write_study(tmp_path / "a", "A", swa=[4, 5, 6])
    monkeypatch.setattr(embedded_tables, "RESULTS_DIR", tmp_path)
    text = "<!-- studies.finals_table a -->\n<!-- end -->\n"
    updated = embedded_tables.update_tables(text)
    assert "| A | SWA | 3 | 55.0 ± 1.0 |" in updated
    assert embedded_tables.update_tables(updated) == updated

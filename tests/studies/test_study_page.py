"""Tests of the page of a study."""

from __future__ import annotations

import json
from pathlib import Path

from studies.study import load_study
from studies.study_page import draw_study_page
from tests.studies.samples import run_result


def test_draw_study_page_needs_json_only(tmp_path: Path) -> None:
    folder = tmp_path / "choose" / "json" / "tiny20x200_32"
    folder.mkdir(parents=True)
    for name, accuracy in (("l2_5e-4", 0.5), ("mixup02", 0.6)):
        result = run_result(accuracy, 7, test={"accuracy": 0.4})
        (folder / f"{name}-seed7.json").write_text(json.dumps(result))
    text = draw_study_page(load_study("choose"), tmp_path).read_text()
    assert "| one long cosine, MixUp 0.2 | 1 | 60.00 | 40.00 | +10.00" in text
    assert "2 of 13 runs finished" in text
    assert "![Cannot tell one long cosine, MixUp 0.2 from " in text
    assert "](tiny20x200_32_differences.svg)" in text
    figure = tmp_path / "choose" / "tiny20x200_32_differences.svg"
    assert "+10.0 (one seed)" in figure.read_text()


def test_draw_study_page_states_gate_and_cost(tmp_path: Path) -> None:
    study = load_study("tuned_choose")
    text = draw_study_page(study, tmp_path).read_text()
    count = len(study.runs)
    assert "**What decides** (written before the first run). If the" in text
    assert f"**Cost** (written before the first run). {count} runs of" in text
    assert f"0 of {count} runs finished" in text


def test_draw_study_page_tells_the_last_epoch_from_the_best(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "methods" / "json" / "eurosat"
    folder.mkdir(parents=True)
    for seed, best in ((0, 0.6), (1, 0.7)):
        result = run_result(0.5, seed, best={"val_accuracy": best})
        result["result"]["last"]["accuracy"] = 0.9
        result["curves"] = {"val_accuracy": [best], "accuracy": [0.9]}
        (folder / f"long-seed{seed}.json").write_text(json.dumps(result))
    text = draw_study_page(load_study("methods"), tmp_path).read_text()
    row = "| one long cosine | 50.00 ± 0.00 | 65.00 ± 7.07 | 90.00 ± 0.00 |"
    assert row in text
    assert "](eurosat_epochs.png)" in text
    assert (tmp_path / "methods" / "eurosat_epochs.png").exists()

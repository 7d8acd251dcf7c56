"""Tests of the table of the finalists' probes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studies import embedded_tables
from studies.probes_table import probes_table
from tests.studies.test_finals_table import write_study


def _depth(value: float) -> dict[str, Any]:
    return {"splits": {"validation": {"correctness": {"mean": value}}}}


def _linear(value: float) -> dict[str, Any]:
    return {"top1": value}


def _few_shot(value: float) -> dict[str, Any]:
    return {"settings": [{"setting": "5-way 5-shot", "mean": value}]}


def _weights(name: str) -> str:
    return "averaged" if name.endswith("_averaged") else "last"


def write_probe(
    folder: Path,
    probe: str,
    results: Callable[[float], dict[str, Any]],
    values: dict[str, float],
) -> None:
    networks = [
        {
            "name": name,
            "trained": {
                "flags": {"seed": int(name.split("-seed")[1][0])},
                "weights": _weights(name),
                "results": {_weights(name): {"val_accuracy": value / 2}},
            },
            "results": results(value),
        }
        for name, value in values.items()
    ]
    (folder / "probes").mkdir(exist_ok=True)
    (folder / "probes" / f"{probe}.json").write_text(
        json.dumps({"probe": probe, "networks": networks})
    )


def write_probed_study(folder: Path) -> Path:
    """Write a study with two finalists, and the probes of two seeds."""
    write_study(folder, "A", swa=[4, 5, 6])
    names = ["long-seed1", "long-seed2"]
    # The order of networks does not matter.
    names += ["swa-seed2_averaged", "swa-seed1_averaged"]
    for probe, results, values in (
        ("prediction_depth", _depth, (3.0, 3.2, 3.1, 3.3)),
        ("linear", _linear, (0.5, 0.52, 0.53, 0.49)),
        ("few_shot", _few_shot, (0.7, 0.74, 0.75, 0.73)),
    ):
        by_name = dict(zip(names, values, strict=True))
        write_probe(folder, probe, results, by_name)
    return folder


def test_probes_table_subtracts_the_first_finalist(tmp_path: Path) -> None:
    header, baseline, swa = probes_table([write_probed_study(tmp_path / "a")])
    assert header == [
        "images",
        "method",
        "test accuracy (%)",
        "mean prediction depth (taps)",
        "linear probe, top-1 (%)",
        "5-way 5-shot accuracy (%)",
    ]
    assert baseline == [
        *("A", "one long cosine"),
        *("155.00 ± 7.07", "3.10 ± 0.14", "51.00 ± 1.41", "72.00 ± 2.83"),
    ]
    # Of (0.3, -0.1): mean 0.1, and 12.706 · 0.2 as the margin.
    assert swa == [
        *("A", "SWA", "+5.00 (−122.06 to +132.06)", "+0.10 (−2.44 to +2.64)"),
        *("+0.00 (−12.71 to +12.71)", "+2.00 (−10.71 to +14.71)"),
    ]


def test_probes_table_has_the_last_weights_beside_the_average(
    tmp_path: Path,
) -> None:
    folder = write_probed_study(tmp_path / "a")
    for file in (folder / "probes").iterdir():
        result = json.loads(file.read_text())
        for entry in result["networks"][2:]:
            name = entry["name"].removesuffix("_averaged")
            # Equal to the first finalist.
            equal = next(
                other
                for other in result["networks"]
                if other["name"] == name.replace("swa", "long")
            )
            result["networks"].append({**equal, "name": name})
        file.write_text(json.dumps(result))
    *_, average, last = probes_table([folder])
    assert average[:2] == ["A", "SWA"]
    assert average[3] == "+0.10 (−2.44 to +2.64)"
    assert last[:2] == ["A", "SWA, last weights"]
    assert last[2:] == ["+0.00 (+0.00 to +0.00)"] * 4


def test_probes_table_of_missing_runs(tmp_path: Path) -> None:
    folder = write_probed_study(tmp_path / "a")
    study = json.loads((folder / "study.json").read_text())
    study["test_accuracy"]["llf"] = {}
    (folder / "study.json").write_text(json.dumps(study))
    file = folder / "probes" / "linear.json"
    result = json.loads(file.read_text())
    # Seed 2 of the first finalist.
    del result["networks"][1]
    file.write_text(json.dumps(result))
    *_, swa, llf = probes_table([folder])
    assert swa[4] == "−1.00 (one seed)"
    assert llf == ["A", "LLF", "", "", "", ""]


def test_probes_table_of_networks_without_seed_raises(tmp_path: Path) -> None:
    folder = write_probed_study(tmp_path / "a")
    file = folder / "probes" / "linear.json"
    result = json.loads(file.read_text())
    del result["networks"][1]["trained"]
    file.write_text(json.dumps(result))
    with pytest.raises(ValueError, match="linear.json: long-seed2 has no seed"):
        probes_table([folder])


def test_update_tables_fills_the_table_of_probes(
    tmp_path: Path, monkeypatch
) -> None:
    write_probed_study(tmp_path / "a")
    monkeypatch.setattr(embedded_tables, "RESULTS_DIR", tmp_path)
    text = "<!-- studies.probes_table a -->\n<!-- end -->\n"
    updated = embedded_tables.update_tables(text)
    assert "| A | one long cosine | 155.00 ± 7.07 | 3.10 ± 0.14 |" in updated

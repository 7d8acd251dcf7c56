"""Tests of the result files of benchmarks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import result_file


def test_create_row_takes_median_and_interval_of_a_ratio() -> None:
    ratio = {"median": 0.5, "interval": [0.25, 0.75], "quartiles": [0, 1]}
    row = result_file.create_row("m", "b", ratio, goal=1)
    assert (row["value"], row["interval"]) == (0.5, [0.25, 0.75])
    assert row["goal"] == ("<=", 1)
    assert result_file.format_value(row) == "0.500 (0.250 to 0.750)"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "1,234 h"), (12.34, "12.3 h"), (1.2345, "1.234 h")],
)
def test_format_value_rounds_by_size(value: float, text: str) -> None:
    row = result_file.create_row("m", "b", value, unit="h")
    assert result_file.format_value(row) == text


def test_write_result_writes_the_command_and_prints_rows(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(result_file, "RESULTS_DIR", tmp_path / "results")
    row = result_file.create_row("measured", "baseline", 2)
    words = ["memory", "--data_dir=/data/images of 64.zip", "--rounds=9"]
    monkeypatch.setattr(result_file.sys, "argv", words)
    for variable in result_file.VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    result_file.write_result("memory", [row], {"seconds": 3})
    path = result_file.result_path("memory")
    assert path.is_relative_to(tmp_path / "results")
    result = json.loads(path.read_text())
    assert result["command"] == (
        "OMP_NUM_THREADS=1 python -m benchmarks.memory "
        "'--data_dir=…/images of 64.zip' --rounds=9"
    )
    assert result["rows"] == [row]
    assert result["seconds"] == 3
    assert {"python", "tensorflow", "keras"} <= result["versions"].keys()
    assert "measured | baseline | 2.000" in capsys.readouterr().out


def test_result_path_names_the_processor_and_an_emulation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(result_file, "processor_name", lambda: "Fast(R) CPU")
    monkeypatch.setattr(result_file.os, "cpu_count", lambda: 2)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    path = result_file.result_path("memory")
    assert path.parts[-2:] == ("fast-r-cpu-2-cores", "memory.json")
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert "(emulated)" in result_file.machine_name()
    assert result_file.result_path("memory") != path

"""Tests of saved results."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from studies import results
from studies.study import load_study
from tests.studies.samples import planned_run, run_result


def test_save_result_and_load_result_return_the_same(tmp_path: Path) -> None:
    run = planned_run(method="normal")
    result = run_result(0.5, 0, flags={"method": "normal"})
    assert results.load_result(tmp_path, run) is None
    path = results.save_result(tmp_path, run, result)
    assert path == tmp_path / "json" / "digits" / "long-seed0.json"
    assert results.load_result(tmp_path, run) == result


def test_save_result_omits_the_folders_of_this_machine(tmp_path: Path) -> None:
    flags = {
        "data_dir": "/mnt/data/x.zip",
        "workdir": "/home/me/studies/scale/tiny/llf-seed0",
        "seed": 0,
    }
    run = planned_run()
    result = run_result(0.5, 0, flags=flags)
    results.save_result(tmp_path, run, result)
    saved = results.load_result(tmp_path, run)
    assert saved is not None
    assert saved["result"]["flags"] == {
        "data_dir": "DATA/x.zip",
        "workdir": "runs/studies/scale/tiny/llf-seed0",
        "seed": 0,
    }
    assert flags["data_dir"] == "/mnt/data/x.zip"


def test_committed_results_have_no_folders_of_a_machine() -> None:
    for file in Path("docs").rglob("*.json"):
        assert not re.search(r'"/(?!/)\w+/', file.read_text()), file


def test_load_result_of_other_flags_raises(tmp_path: Path) -> None:
    result = run_result(0.5, 0, flags={"generations": 7})
    results.save_result(tmp_path, planned_run(), result)
    with pytest.raises(ValueError, match="--generations=7 in the result, 1"):
        results.load_result(tmp_path, planned_run(generations=1))


def test_check_flags_ignores_paths_and_what_depends_on_the_images() -> None:
    run = planned_run(data_dir="DATA/x")
    flags = {"data_dir": "/x", "crop_padding": 4, "fast_ops": "table"}
    results.check_flags(run, {"flags": flags}, Path("x.json"))


def test_check_flags_compares_the_defaults_of_unnamed_flags() -> None:
    # The default of --retain is 0.5, and that of --label_noise is 0.
    path, result = Path("x.json"), {"flags": {"seed": 0}}
    results.check_flags(planned_run(retain=0.5), result, path)
    with pytest.raises(ValueError, match="--decay_epochs=None in the result"):
        results.check_flags(planned_run(decay_epochs=16), result, path)
    noisy = {"flags": {"label_noise": 0.6}}
    with pytest.raises(ValueError, match=r"--label_noise=0\.6 in the result"):
        results.check_flags(planned_run(), noisy, path)


def test_load_results_returns_the_runs_of_the_study(tiny: Path) -> None:
    study = load_study("tiny")
    result = run_result(0.5, 0)
    results.save_result(tiny, study.runs[1], result)
    (tiny / "json" / "digits" / "other-seed0.json").write_text("{}")
    assert results.load_results(tiny, study) == {("digits", "auto", 0): result}

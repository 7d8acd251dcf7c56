"""Tests of the estimated cost of runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import result_file
from studies import cost
from studies.study import PlannedRun
from tests.studies.samples import run_result


def _run(**flags: object) -> PlannedRun:
    passes = {"generations": 2, "epochs_per_generation": 5}
    return PlannedRun("x", "y", 0, "seal_tf.train", passes | flags, 100)


def test_estimate_costs_uses_the_rate_of_finished_runs() -> None:
    flags = {"arch": "small", "image_size": 32}
    finished = run_result(0.5, 0, flags=flags, epochs=10, training_images=180)
    # 36 s for 1,800 images by one of two jobs: 0.02 s for each image.
    same, other = cost.estimate_costs(
        [_run(**flags), _run(arch="other")], [finished], jobs=2
    )
    assert (same.name, same.passes, same.images) == ("x/y-seed0", 10, 100)
    assert same.hours == pytest.approx(0.02 * 1000 / 3600)
    assert other.hours is None
    (alone,) = cost.estimate_costs([_run(**flags)], [finished], jobs=1)
    assert alone.hours == pytest.approx(0.01 * 1000 / 3600)


def test_estimate_costs_prefers_the_rate_of_the_method() -> None:
    finished = [
        run_result(
            0.5, 0, flags={"method": name}, epochs=passes, training_images=180
        )
        for name, passes in (("normal", 20), ("normal", 20), ("normal+sam", 10))
    ]
    runs = [_run(method=name) for name in ("normal", "normal+sam", "llf")]
    normal, sam, llf = cost.estimate_costs(runs, finished, jobs=2)
    assert sam.hours == pytest.approx(0.02 * 1000 / 3600)
    assert normal.hours == llf.hours == pytest.approx(0.01 * 1000 / 3600)


def test_estimate_costs_of_a_probe_has_no_hours() -> None:
    probe = PlannedRun("x", "y", 0, "seal_tf.probe", {"probe": "linear"})
    assert cost.estimate_costs([probe], [], 1)[0] == cost.RunCost(
        "x/y-seed0", None, None, None
    )


def test_benchmark_rates_read_the_steps_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_file, "RESULTS_DIR", tmp_path)
    assert cost.benchmark_rates(2) == {}
    path = result_file.result_path("against_torch")
    path.parent.mkdir()
    times = {"median_seconds": {"Keras": 1.0, "seal_tf": 0.64}}
    half = {"median_seconds": {"PyTorch": 1, "seal_tf, mixed_bfloat16": 0.32}}
    name = "resnet50, 64x64, batch 32"
    path.write_text(
        json.dumps({"rows": [], name: times, f"{name}, bfloat16": half})
    )
    assert cost.benchmark_rates(2) == {
        ("resnet50", 64, "float32"): pytest.approx(0.04),
        ("resnet50", 64, "mixed_bfloat16"): pytest.approx(0.02),
    }
    (run,) = cost.estimate_costs([_run(image_size=64)], [], 2)
    assert run.hours == pytest.approx(0.04 / 3.6)

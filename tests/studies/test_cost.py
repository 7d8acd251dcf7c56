"""Tests of the estimated cost of runs."""

from __future__ import annotations

import pytest

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


def test_estimate_costs_of_a_probe_has_no_hours() -> None:
    probe = PlannedRun("x", "y", 0, "seal_tf.probe", {"probe": "linear"})
    assert cost.estimate_costs([probe], [], 1)[0] == cost.RunCost(
        "x/y-seed0", None, None, None
    )


def test_benchmark_rates_read_the_step_of_resnet50() -> None:
    rates = cost.benchmark_rates(2)
    assert rates["resnet50", 64, "mixed_bfloat16"] == pytest.approx(
        2 * 0.33256909050032846 / 32
    )
    (run,) = cost.estimate_costs(
        [_run(image_size=64, precision="mixed_bfloat16")], [], 2
    )
    assert run.hours == pytest.approx(2 * 0.33256909050032846 / 32 / 3.6)

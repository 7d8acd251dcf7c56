import json

import pytest

from seal_tf.cli.train.freezing_report import (
    describe_freezing,
    measure_freezing,
)
from seal_tf.schedules import FreezeOut, Plan, Run
from tests.cli.runs import run


def test_measure_freezing_computes_saving_and_payback():
    """Two groups of equal cost; the first freezes after 2 of 4 epochs."""
    run_facts = Run(4, ("first", "second"), (False, False), 10)
    plan = Plan(FreezeOut(t0=0.5, decay="linear"), run_facts)
    assert [e.frozen for e in plan] == [0, 0, 1, 1]
    seconds = [5.0, 4.0, 4.0, 3.0]
    epochs = [
        {"epoch": i, "images_per_second": 100 / s}
        for i, s in enumerate(seconds)
    ]
    results = measure_freezing(epochs, plan, [1, 1], 100)
    assert results["predicted_saving"] == pytest.approx(1 / 6)
    # Two epochs of 4 s and two of 3 s, for four of 4 s.
    assert results["measured_saving"] == pytest.approx(1 - 14 / 16)
    frozen = results["stages"][1]
    assert frozen["predicted_share"] == pytest.approx(2 / 3)
    assert frozen["trace_seconds"] == pytest.approx(1.0)
    assert frozen["epochs_to_pay_for_trace"] == pytest.approx(1.0)
    assert "12.5% of the training time saved" in describe_freezing(results)


@pytest.mark.slow
def test_measure_freezing_by_command_has_a_stage_for_each_prefix(
    tmp_path, capsys
):
    workdir = tmp_path / "frozen"
    words = ["--method=freezeout", "--freezeout_t0=0.5", "--generations=4"]
    assert run(workdir, *words) == 0
    assert "freezing saves" in capsys.readouterr().out
    results = json.loads((workdir / "summary.json").read_text())["freezing"]
    assert 0.05 < results["predicted_saving"] < 0.67
    assert [s["frozen"] for s in results["stages"]] == [0, 1, 2, 3, 4]
    assert sum(s["epochs"] for s in results["stages"]) == 8

"""The linear probe over a session."""

import numpy as np
import pytest

from seal_tf.probes.linear.compute import MAX_FITS
from seal_tf.probes.linear.flags import LinearSettings
from seal_tf.probes.linear.probe import LinearProbe
from seal_tf.probes.report_parts import FigurePart, GroupedResult, Table
from tests.probes.fakes import FakeSession, entry, gaussian_classes

SPLITS = [gaussian_classes(60), gaussian_classes(40, seed=1)]


def test_run_averages_over_seeds():
    result = LinearProbe(LinearSettings(seed=4, seeds=2)).run(
        FakeSession(SPLITS)
    )
    results = result["networks"][0]["results"]
    assert [r["seed"] for r in results["by_seed"]] == [4, 5]
    assert results["num_features"] == 6
    top1 = [r["top1"] for r in results["by_seed"]]
    assert results["top1"] == np.mean(top1)
    assert results["std_over_seeds"] == np.std(top1, ddof=1)
    assert "correct" not in results["by_seed"][0]
    assert result["protocol"].startswith("features standardized")


def test_run_reports_progress_over_all_seeds():
    session = FakeSession(SPLITS)
    calls = []
    session.progress = lambda text, unit: lambda *call: calls.append(call)
    LinearProbe(LinearSettings(seeds=2)).run(session)
    completed = [number for number, _ in calls]
    assert completed == sorted(completed) and len(calls) > 4
    assert calls[-1] == (2 * MAX_FITS, 2 * MAX_FITS)
    assert {count for _, count in calls} == {2 * MAX_FITS}


def test_run_with_unknown_tap_raises():
    with pytest.raises(ValueError, match="tap=x"):
        LinearProbe(LinearSettings(tap="x")).run(FakeSession(SPLITS))


def test_report_is_a_table_and_a_figure():
    results = {"top1": 0.5, "interval": [0.4, 0.6]}
    data = {"label": "digits", "classes": 10}
    parts = list(
        LinearProbe.report([GroupedResult(data, {"n": [entry("n", results)]})])
    )
    assert [type(part) for part in parts] == [Table, FigurePart]

"""Tests of the benchmark of freezing."""

from __future__ import annotations

import pytest

from benchmarks import freezing
from benchmarks.training_steps import compiled_model
from seal_tf import GenerationCallback
from seal_tf.schedules import FreezeOut


@pytest.mark.slow
def test_measure_and_rows_compare_measured_and_predicted_saving() -> None:
    network = freezing.Network("small", 16, 4, 5)
    model = compiled_model("small", 16, 5)
    schedule = FreezeOut(t0=0.5, grouping=network.grouping)
    plan = GenerationCallback(schedule).plan_for(model, 20, 1)
    counts = [0, *sorted({e.frozen for e in plan} - {0})]
    measured = freezing._measure(model, network, plan, counts, rounds=2)
    assert measured.traces.keys() == set(counts)
    assert sum(measured.costs) > 0
    row, trace_row = freezing._rows(network, 0.5, plan, measured)
    assert "small, FreezeOut t0 0.5, by blocks, batch 4" in (row["measurement"])
    assert row["baseline"].startswith("saving predicted by the schedule: ")
    low, high = row["interval"]
    assert low <= high
    assert trace_row["unit"] == "epochs"


def test_network_grouping_is_the_default() -> None:
    assert [n.grouping for n in freezing.NETWORKS] == ["blocks", "stages"]


@pytest.mark.parametrize("name", freezing.NOTES)
def test_notes_name_networks(name: str) -> None:
    assert name in [network.arch for network in freezing.NETWORKS]

"""Reading and grouping probe results."""

import json
from pathlib import Path

import pytest

from seal_tf.reports.probe_results import (
    ProbeResult,
    group_result,
    read_probe_result,
    read_probe_results,
)
from seal_tf.reports.run_groups import RunGroup, experiment_key
from tests.probes.fakes import entry

DATA = {"name": "digits", "label": "digits", "classes": 10}


def result(*networks):
    return ProbeResult(Path("x"), "linear", DATA, "protocol", list(networks))


def test_read_probe_result_of_a_run_s_ensemble_file_is_none(tmp_path):
    file = tmp_path / "ensemble.json"
    file.write_text(json.dumps({"snapshots": 2}))
    assert read_probe_result(file) is None
    assert read_probe_results(tmp_path) == []


def test_read_probe_result_of_unknown_probe_raises(tmp_path):
    file = tmp_path / "linear.json"
    content = {"probe": "x", "dataset": DATA, "protocol": "", "networks": []}
    file.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="damaged"):
        read_probe_result(file)


def test_group_result_groups_seeds_by_method():
    grouped = group_result(
        result(
            entry("a", {}, "seal"),
            entry("b", {}, "seal", seed=1),
            entry("c", {}, "normal"),
            {"name": "d", "results": {}},
        ),
        [],
    )
    names = {k: [e["name"] for e in v] for k, v in grouped.groups.items()}
    assert names == {"seal": ["a", "b"], "c": ["c"], "d": ["d"]}


def test_group_result_tells_averaged_networks_from_last_ones():
    """They are not seeds of one experiment."""
    networks = [
        entry(f"s{seed}{suffix}", {}, "swa", seed=seed)
        for seed in (0, 1)
        for suffix in ("_averaged", "")
    ]
    for network in networks[::2]:
        network["trained"]["weights"] = "averaged"
    mixed = result(*networks)
    grouped = group_result(mixed, [])
    names = {k: [e["name"] for e in v] for k, v in grouped.groups.items()}
    assert names == {
        "swa (averaged)": ["s0_averaged", "s1_averaged"],
        "swa": ["s0", "s1"],
    }
    key = experiment_key(networks[0]["trained"])
    runs = [RunGroup("my runs", key, (None, None))]
    assert set(group_result(mixed, runs).groups) == {
        "my runs",
        "my runs (averaged)",
    }


def test_group_result_names_the_flags_in_which_groups_of_a_method_differ():
    networks = [
        entry(f"{name}{seed}", {}, "normal", seed=seed)
        for name in ("plain", "mixup")
        for seed in (0, 1)
    ]
    for network in networks[2:]:
        network["trained"]["flags"]["mixup_alpha"] = 0.2
    grouped = group_result(result(*networks), [])
    assert list(grouped.groups) == ["normal", "normal (mixup_alpha=0.2)"]


def test_group_result_of_one_network_twice_makes_two_groups():
    grouped = group_result(result(entry("a", {}), entry("b", {})), [])
    assert list(grouped.groups) == ["a", "b"]


def test_group_result_takes_names_and_order_of_run_groups():
    network = entry("b", {}, "seal")
    key = experiment_key(network["trained"])
    groups = [RunGroup("my run", key, (None,))]
    grouped = group_result(result(entry("a", {}), network), groups)
    assert list(grouped.groups) == ["my run", "a"]

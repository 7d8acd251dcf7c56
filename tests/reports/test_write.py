"""Reports."""

import json

import pytest

from seal_tf.reports.runs import read_run
from seal_tf.reports.write import write_probe_report, write_report
from tests.probes.fakes import entry


def test_write_report_of_one_run_has_its_flags(make_run, tmp_path):
    run = read_run(make_run("r", (0.4, 0.5)))
    file = write_report([run], tmp_path / "out")
    html = file.read_text()
    text = "40\xa0% after generation 1, 50\xa0% after generation 2"
    assert text in html
    assert "--method=seal" in html
    assert (tmp_path / "out" / "curves.svg").exists()


def test_write_probe_report_writes_beside_the_result(tmp_path):
    content = {
        "probe": "linear",
        "dataset": {"name": "a", "label": "a", "classes": 2},
        "protocol": "p",
        "networks": [entry("n", {"top1": 0.5, "interval": [0.4, 0.6]})],
    }
    file = tmp_path / "linear.json"
    file.write_text(json.dumps(content))
    assert write_probe_report(file) == tmp_path / "linear.html"
    assert {p.name for p in tmp_path.iterdir()} == {
        "linear.json",
        "linear.html",
        "linear.md",
        "linear.svg",
    }


def test_write_probe_report_of_another_file_raises(tmp_path):
    (tmp_path / "ensemble.json").write_text("{}")
    with pytest.raises(ValueError, match="not the result of a probe"):
        write_probe_report(tmp_path / "ensemble.json")

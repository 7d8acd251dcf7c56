"""Sections of probes."""

from pathlib import Path

from seal_tf.reports.document import Document
from seal_tf.reports.probe_results import ProbeResult
from seal_tf.reports.probe_sections import add_probe_sections
from tests.probes.fakes import entry


def test_add_probe_sections_adds_heading_protocol_and_parts(tmp_path):
    results = {"snapshots": 2, "members": [0.4, 0.5], "last": [0.5, 0.6]}
    result = ProbeResult(
        Path("x"),
        "ensemble",
        {"name": "a", "label": "a", "classes": 2},
        "mean of outputs",
        [entry("n", results)],
    )
    document = Document("title")
    add_probe_sections(document, [result], [])
    document.write(tmp_path)
    text = (tmp_path / "results.md").read_text()
    assert text.startswith("## Ensembles of snapshots\n")
    assert "Protocol: mean of outputs." in text
    assert "### a" in text
    assert "| n | 1 | 2 | 50.00 | 60.00 |" in text

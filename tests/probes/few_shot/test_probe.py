"""The few-shot probe over a session."""

import types

import numpy as np
import pytest

from seal_tf.probes.few_shot.flags import FewShotSettings
from seal_tf.probes.few_shot.probe import FewShotProbe
from seal_tf.probes.report_parts import GroupedResult, Paragraph, Table
from tests.probes.fakes import FakeSession, entry, gaussian_classes, source

SPLITS = [gaussian_classes(24), gaussian_classes(16, seed=1)]


def test_run_skips_impossible_settings_and_reports_fewer_queries(capsys):
    probe = FewShotProbe(
        FewShotSettings(
            ways=3, shots=(1, 7), queries=15, episodes=5, all_way_shots=2
        )
    )
    result = probe.run(FakeSession(SPLITS))
    rows = result["networks"][0]["results"]["settings"]
    assert [r["setting"] for r in rows] == ["3-way 1-shot", "all-way 2-shot"]
    assert [r["queries"] for r in rows] == [4, None]
    assert result["skipped"] == [
        "3-way 7-shot skipped: only 0 of 4 classes have 7 training images and "
        "a test image",
        "3-way 1-shot: 4 instead of 15 queries of each class, because a class "
        "has no more test images",
    ]
    assert "7-shot skipped" in capsys.readouterr().out


def test_run_excludes_a_class_with_too_few_images(capsys):
    x, y = gaussian_classes(24)
    many = (y != 1) | (np.arange(24) < 8)
    probe = FewShotProbe(
        FewShotSettings(ways=3, shots=(1, 5), episodes=5, all_way_shots=5)
    )
    result = probe.run(FakeSession([(x[many], y[many]), SPLITS[1]]))
    rows = result["networks"][0]["results"]["settings"]
    assert [row["setting"] for row in rows] == [
        "3-way 1-shot",
        "3-way 5-shot",
        "all-way 5-shot",
    ]
    assert [row["excluded_classes"] for row in rows] == [[], ["b"], ["b"]]
    line = (
        "without 1 of 4 classes, which have fewer than 5 training images or no "
        "test image: b"
    )
    for setting in ("3-way 5-shot", "all-way 5-shot"):
        assert f"{setting}: {line}" in result["skipped"]
    assert f"all-way 5-shot: {line}\n" in capsys.readouterr().out


def test_run_of_two_networks_reports_the_paired_difference(capsys):
    """The second network has noise features; the episodes are the same."""
    noise = np.random.default_rng(5)
    session = FakeSession(SPLITS, [source("first"), source("second")])
    original = session.features

    def features(network, images):
        if network.name == "first":
            return original(network, images)
        values = noise.normal(size=(len(images), 6))
        return types.SimpleNamespace(tap={"penultimate": values}.get)

    session.features = features
    settings = FewShotSettings(ways=3, shots=(2,), episodes=9, all_way_shots=0)
    first, second = FewShotProbe(settings).run(session)["networks"]
    (first_row,) = first["results"]["settings"]
    (second_row,) = second["results"]["settings"]
    assert first_row["differences"] == []
    (difference,) = second_row["differences"]
    assert difference["network"] == "first"
    assert difference["mean"] == pytest.approx(
        second_row["mean"] - first_row["mean"]
    )
    assert difference["mean"] + difference["margin_of_error"] < 0
    output = capsys.readouterr().out
    assert "; minus first: −" in output and "points, same episodes" in output


def test_report_of_two_networks_has_a_table_of_differences():
    row = {"setting": "x", "mean": 0.5, "margin_of_error": 0.1}
    difference = {"network": "n", "mean": 0.02, "margin_of_error": 0.01}
    groups = {
        "n": [entry("n", {"settings": [{**row, "differences": []}]})],
        "s": [entry("s", {"settings": [{**row, "differences": [difference]}]})],
    }
    result = GroupedResult({"label": "digits", "classes": 10}, groups)
    parts = [p for p in FewShotProbe.report([result]) if isinstance(p, Table)]
    assert parts[1].rows[1] == ["s", "n", "1", "+2.00 (+1.00 to +3.00)"]


def test_run_without_a_possible_setting_raises():
    probe = FewShotProbe(FewShotSettings(shots=(9,), ways=2, all_way_shots=0))
    with pytest.raises(ValueError, match="No episode can be sampled: 2-way 9"):
        probe.run(FakeSession(SPLITS))


def test_report_starts_with_skipped_settings():
    row = {"setting": "5-way 1-shot", "mean": 0.5, "margin_of_error": None}
    result = GroupedResult(
        {"label": "digits", "classes": 10},
        {"n": [entry("n", {"settings": [row]})]},
        ("x skipped",),
    )
    parts = list(FewShotProbe.report([result]))
    assert parts[0] == Paragraph("digits: x skipped")
    assert any(isinstance(part, Table) for part in parts)

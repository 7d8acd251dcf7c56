"""The few-shot probe over a session."""

import pytest

from seal_tf.probes.few_shot.flags import FewShotSettings
from seal_tf.probes.few_shot.probe import FewShotProbe
from seal_tf.probes.report_parts import GroupedResult, Paragraph, Table
from tests.probes.fakes import FakeSession, entry, gaussian_classes

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
        "3-way 7-shot skipped: a class has only 6 training images",
        "3-way 1-shot: 4 instead of 15 queries of each class, because a class "
        "has no more test images",
    ]
    assert "7-shot skipped" in capsys.readouterr().out


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

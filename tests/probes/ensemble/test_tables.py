"""The table of the ensemble probe."""

from seal_tf.probes.ensemble.tables import ensemble_table
from seal_tf.probes.report_parts import GroupedResult
from tests.probes.fakes import entry


def test_ensemble_table_shows_last_snapshot_and_ensemble():
    results = {"snapshots": 2, "members": [0.4, 0.5], "last": [0.5, 0.6]}
    grouped = GroupedResult({"label": "a"}, {"n": [entry("n", results)]})
    assert ensemble_table(grouped).rows[1] == ["n", "1", "2", "50.00", "60.00"]

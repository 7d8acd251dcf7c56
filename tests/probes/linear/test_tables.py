"""The table of the linear probe."""

from seal_tf.probes.linear.tables import linear_table
from seal_tf.probes.report_parts import GroupedResult
from tests.probes.fakes import entry


def test_linear_table_shows_interval_or_deviation():
    results = [{"top1": t, "interval": [t - 0.1, t + 0.1]} for t in (0.4, 0.5)]
    groups = {
        "n": [entry("n", results[0])],
        "s": [entry("s0", results[0]), entry("s1", results[1], seed=1)],
    }
    data = {"label": "digits", "classes": 10}
    rows = linear_table([GroupedResult(data, groups)]).rows
    assert rows[1] == ["n", "1", "40.00 (30.00 to 50.00)"]
    assert rows[2] == ["s", "2", "45.00 ± 7.07"]

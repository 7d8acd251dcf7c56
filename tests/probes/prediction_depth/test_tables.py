"""The table of the prediction-depth probe."""

from seal_tf.probes.prediction_depth.tables import depth_table
from seal_tf.probes.report_parts import GroupedResult
from tests.probes.prediction_depth.examples import depth_entry


def test_depth_table_leaves_missing_definitions_empty():
    groups = {
        "n": [depth_entry()],
        "s": [depth_entry(), depth_entry(seed=1, mean=2.5)],
    }
    table = depth_table(GroupedResult({"label": "a"}, groups))
    rows = table.rows
    depth = "1.50 (1.20 to 1.80)"
    assert rows[1] == ["n", "1", "train", "", "", depth, "25.0", "75.0"]
    assert rows[4][5] == "2.00 ± 0.71"
    assert "It is blank for n, s: the network was trained on" in table.caption


def test_depth_table_with_both_definitions_needs_no_explanation():
    both = depth_entry(definitions=("correctness", "agreement"))
    table = depth_table(GroupedResult({"label": "a"}, {"n": [both]}))
    assert table.caption == ""

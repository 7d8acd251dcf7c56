"""The tables of the few-shot probe."""

from seal_tf.probes.few_shot import tables
from seal_tf.probes.report_parts import GroupedResult
from tests.probes.fakes import entry


def result(label, *settings):
    rows = [
        {"setting": s, "mean": 0.8, "margin_of_error": 0.01} for s in settings
    ]
    data = {"label": label, "classes": 10}
    return GroupedResult(data, {"n": [entry("n", {"settings": rows})]})


def test_setting_names_are_unique_and_in_order():
    results = [result("a", "x", "y"), result("b", "y", "z")]
    assert tables.setting_names(results) == ["x", "y", "z"]


def test_few_shot_table_has_columns_of_data_sets_with_the_setting():
    results = [result("a", "x"), result("b", "y"), result("eurosat", "20-shot")]
    rows = tables.few_shot_table(results, "x").rows
    assert rows == [["network", "seeds", "a"], ["n", "1", "80.00 ± 1.00"]]
    rows = tables.few_shot_table(results, "20-shot").rows
    assert rows[1][2:] == ["80.00 ± 1.00", "80.03 ± 1.53 (G=10)"]

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
    twenty, more = "10-way 20-shot", "10-way 120-shot"
    results = [
        result("a", "x"),
        result("b", "y"),
        result("eurosat", twenty, more),
    ]
    rows = tables.few_shot_table(results, "x").rows
    assert rows == [["network", "seeds", "a"], ["n", "1", "80.00 ± 1.00"]]
    rows = tables.few_shot_table(results, twenty).rows
    assert rows[1][2:] == ["80.00 ± 1.00", "80.03 ± 1.53 (G=10)"]
    # The published values are not those of other numbers of images.
    rows = tables.few_shot_table(results, more).rows
    assert rows[1][2:] == ["80.00 ± 1.00"]


def compared(name, mean, *differences, method="normal", seed=0):
    """Return an entry with differences to earlier networks."""
    row = {
        "setting": "x",
        "mean": mean,
        "margin_of_error": 0.01,
        "differences": [
            {"network": n, "mean": d, "margin_of_error": m}
            for n, d, m in differences
        ],
    }
    return entry(name, {"settings": [row]}, method, seed)


def test_difference_table_shows_the_paired_interval_of_one_seed():
    groups = {
        "normal": [compared("n", 0.5)],
        "seal": [compared("s", 0.53, ("n", 0.03, 0.01))],
    }
    data = {"label": "a", "classes": 10}
    rows = tables.difference_table([GroupedResult(data, groups)], "x").rows
    assert rows == [
        ["network", "minus", "seeds", "a"],
        ["seal", "normal", "1", "+3.00 (+2.00 to +4.00)"],
    ]
    # The order of the groups decides on the sign, not that of the networks.
    turned = dict(reversed(groups.items()))
    rows = tables.difference_table([GroupedResult(data, turned)], "x").rows
    assert rows[1] == ["normal", "seal", "1", "−3.00 (−4.00 to −2.00)"]


def test_difference_table_pairs_networks_of_the_same_seed():
    groups = {
        "normal": [compared("n0", 0.5), compared("n1", 0.6, seed=1)],
        "seal": [
            compared("s0", 0.52, ("n0", 0.02, None), ("n1", -0.08, None)),
            compared(
                "s1", 0.64, ("n0", 0.14, None), ("n1", 0.04, None), seed=1
            ),
        ],
    }
    data = {"label": "a", "classes": 10}
    rows = tables.difference_table([GroupedResult(data, groups)], "x").rows
    # The t quantile of one degree of freedom is 12.706: 3 ± 12.706 points.
    assert rows[1] == ["seal", "normal", "2", "+3.00 (−9.71 to +15.71)"]


def test_difference_table_pairs_no_networks_of_other_seeds():
    """All pairs would count each network several times."""
    first = compared("n0", 0.5)
    second = compared("s1", 0.6, ("n0", 0.1, 0.02), seed=1)
    third = compared("s2", 0.7, ("n0", 0.2, 0.02), seed=2)
    for seals, cells in (
        ([second], [["seal", "normal", "1", "+10.00 (+8.00 to +12.00)"]]),
        ([second, third], []),
    ):
        groups = {"normal": [first], "seal": seals}
        grouped = GroupedResult({"label": "a", "classes": 10}, groups)
        assert tables.difference_table([grouped], "x").rows[1:] == cells


def test_difference_table_of_one_network_has_only_a_header():
    data = {"label": "a", "classes": 10}
    grouped = GroupedResult(data, {"n": [compared("n", 0.5)]})
    assert len(tables.difference_table([grouped], "x").rows) == 1
    # Results of earlier versions have no differences.
    old = result("a", "x")
    assert len(tables.difference_table([old], "x").rows) == 1

"""Tables and figures of several data sets."""

import pytest

from seal_tf.probes.report_parts import GroupedResult
from seal_tf.probes.transfer_report import (
    accuracy_point,
    describe_points,
    methods_of,
    plot_accuracies,
    transfer_table,
)
from seal_tf.utils.plot_colors import BASELINE, METHODS
from tests.probes.fakes import entry


def test_transfer_table_has_published_columns_of_whole_data_sets():
    flowers = GroupedResult(
        {"label": "flowers102", "classes": 102},
        {"n": [entry("n", {"x": "1"})], "s": [entry("s", {"x": "2"}, "seal")]},
    )
    digits = GroupedResult(
        {"label": "digits", "classes": 10}, {"s": [entry("s", {"x": "3"})]}
    )
    table = transfer_table(
        [flowers, digits],
        lambda entries: entries[0]["results"]["x"],
        {"flowers102": {("seal", 10): "45.68"}},
    )
    assert table.rows == [
        ["network", "seeds", "flowers102", "flowers102, published", "digits"],
        ["n", "1", "1", "", ""],
        ["s", "1", "2", "45.68 (G=10)", "3"],
    ]
    assert "not published" in table.caption


def test_transfer_table_shows_numbers_of_seeds_that_differ():
    results = [
        GroupedResult(
            {"label": str(count), "classes": 10},
            {"n": [entry("n", {}, seed=seed) for seed in range(count)]},
        )
        for count in (3, 1, 2)
    ]
    table = transfer_table(results, lambda entries: str(len(entries)), {})
    assert table.rows[1] == ["n", "1 to 3", "3", "1", "2"]


def test_accuracy_point_of_several_seeds_has_the_deviation():
    assert accuracy_point([0.5], (0.4, 0.6)) == (0.5, 0.4, 0.6)
    assert accuracy_point([0.4, 0.6], (0, 1)) == pytest.approx(
        (0.5, 0.5 - 0.02**0.5, 0.5 + 0.02**0.5)
    )


def test_plot_accuracies_labels_data_sets_and_networks():
    figure = plot_accuracies(
        {"a": {"n": (0.5, 0.4, 0.6)}, "b": {"m": (0.1, 0.0, 0.2)}},
        "y",
        {"n": "normal", "m": "seal"},
        {"a": 0.2},
    )
    (ax,) = figure.axes
    assert [t.get_text() for t in ax.get_yticklabels()] == ["n", "m"]
    assert [t.get_text() for t in ax.texts] == ["a", "b"]
    points = [container.lines[0] for container in ax.containers]
    assert [p.get_xdata()[0] for p in points] == pytest.approx([50, 10])
    assert [p.get_color() for p in points] == [BASELINE, METHODS["seal"]]
    chance = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert [list(line.get_xdata()) for line in chance] == [[20, 20]]


def test_plot_accuracies_shows_differences_in_a_second_panel():
    point = (0.5, 0.4, 0.6)
    figure = plot_accuracies(
        {"a": {"n": point, "m": point}},
        "y",
        {"n": "normal", "m": "seal"},
        differences={"a": {"m": (0.02, -0.01, 0.05)}},
    )
    _, ax = figure.axes
    (container,) = ax.containers
    assert container.lines[0].get_xdata()[0] == pytest.approx(2)
    assert ax.get_xlabel() == "points more than n"


def test_methods_of_puts_the_first_normal_network_first():
    data = {"label": "a", "classes": 2}
    groups = {
        "s": [entry("s", {}, "seal")],
        "n": [entry("n", {})],
        "x": [{"name": "x", "results": {}}],
    }
    methods = methods_of([GroupedResult(data, groups)])
    assert list(methods.items()) == [
        ("n", "normal"),
        ("s", "seal"),
        ("x", None),
    ]


def test_describe_points_names_each_accuracy():
    text = describe_points({"a": {"n": (0.5, 0, 1), "m": (0.25, 0, 1)}})
    assert text == "a: n 50.0 %, m 25.0 %"

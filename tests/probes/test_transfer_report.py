"""Tables and figures of several data sets."""

import pytest

from seal_tf.probes.report_parts import GroupedResult
from seal_tf.probes.transfer_report import (
    accuracy_point,
    plot_accuracies,
    transfer_table,
)
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


def test_accuracy_point_of_several_seeds_has_the_deviation():
    assert accuracy_point([0.5], (0.4, 0.6)) == (0.5, 0.4, 0.6)
    assert accuracy_point([0.4, 0.6], (0, 1)) == pytest.approx(
        (0.5, 0.5 - 0.02**0.5, 0.5 + 0.02**0.5)
    )


def test_plot_accuracies_labels_data_sets_and_networks():
    figure = plot_accuracies(
        {"a, part": {"n": (0.5, 0.4, 0.6)}, "b": {"m": (0.1, 0.0, 0.2)}}, "y"
    )
    (ax,) = figure.axes
    assert [t.get_text() for t in ax.get_xticklabels()] == ["a\npart", "b"]
    assert [t.get_text() for t in ax.get_legend().texts] == ["n", "m"]

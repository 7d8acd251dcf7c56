"""Tests of the figures of a study."""

from __future__ import annotations

from seal_tf.utils.plot_colors import BASELINE, method_color
from studies import figures
from studies.comparison import compare_methods, mean_differences
from studies.study import load_study
from tests.studies.samples import measurements, run_result


def _results() -> dict:
    searched = {"scale_measurements": measurements(0.4, 0.5)}
    return {
        ("eurosat", "long", 0): run_result(0.5, 0),
        ("eurosat", "seal_auto", 0): run_result(0.75, 0, **searched),
        ("eurosat", "seal_auto", 1): run_result(0.25, 1, **searched),
    }


def test_draw_methods_labels_methods_and_marks_the_baseline() -> None:
    study = load_study("methods")
    rows = compare_methods(study, _results(), "eurosat")
    (ax,) = figures.draw_methods(study, rows, "EuroSAT", "accuracy (%)").axes
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["one long cosine", "SEAL, searched S (retain 0.5)"]
    assert ax.get_xlabel() == "accuracy (%); dots: seeds, bar: mean"
    assert ax.get_title("left") == "EuroSAT"
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert [list(line.get_xdata()) for line in dotted] == [[50, 50]]


def test_draw_methods_colors_the_training_methods() -> None:
    study = load_study("methods")
    rows = compare_methods(study, _results(), "eurosat")
    styles = figures.row_styles(study, rows)
    assert styles["one long cosine"]["color"] == BASELINE
    method = study.training_methods["seal_auto"]
    assert method == "seal+snapshots"
    searched = styles["SEAL, searched S (retain 0.5)"]
    assert searched["color"] == method_color(method)
    # The networks of another study have its methods.
    assert load_study("transfer").training_methods == study.training_methods


def test_draw_overview_has_a_marker_for_each_setting() -> None:
    study = load_study("methods")
    differences = mean_differences(study, _results())
    (ax,) = figures.draw_overview(study, differences).axes
    assert ax.get_xlabel() == "minus one long cosine (points)"
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["EuroSAT, 10 classes x 100"]


def test_draw_retention_labels_each_method_once() -> None:
    study = load_study("methods")
    figure = figures.draw_retention(study, _results(), "eurosat")
    assert figure is not None
    accuracy_ax, scale_ax = figure.axes
    # Two ascents of two seeds.
    assert len(accuracy_ax.lines) == len(scale_ax.lines) == 4
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["SEAL, searched S (retain 0.5)"]


def test_draw_retention_without_a_search_is_none() -> None:
    results = {("eurosat", "long", 0): run_result(0.5, 0)}
    study = load_study("methods")
    assert figures.draw_retention(study, results, "eurosat") is None

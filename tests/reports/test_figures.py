"""The figures of runs."""

import pytest

from seal_tf.reports import figures
from seal_tf.reports.run_groups import group_runs
from seal_tf.reports.runs import read_run


@pytest.fixture
def group(make_run):
    (group,) = group_runs([read_run(make_run("r", (0.4, 0.5)))])
    return group


def test_plot_accuracy_by_generation_draws_a_line_for_each_group(group):
    (ax,) = figures.plot_accuracy_by_generation([group, group]).axes
    assert len(ax.get_legend().texts) == 2
    assert list(ax.lines[0].get_ydata())[-1] == 50
    assert ax.get_xlabel() == "generation"


def test_accuracy_margin_is_binomial(group):
    run = group.runs[0]
    count = run.summary["validation_images"]
    expected = 1.96 * 100 * (0.25 / count) ** 0.5
    assert figures.accuracy_margin(run, 0.5) == pytest.approx(expected)


def test_plot_curves_shades_ascent_epochs(group):
    axes = figures.plot_curves(group).axes
    ascents = [e for e in group.runs[0].epochs if e["phase"] == "ascent"]
    assert len(axes[0].patches) == len(ascents) > 0
    assert "shaded" in axes[0].get_title(loc="left")


def test_plot_freezing_without_timed_stage_is_none():
    stage = {"frozen": 0, "median_seconds": None, "predicted_share": 1.0}
    assert figures.plot_freezing({"stages": [stage]}) is None
    stages = [
        {"frozen": 0, "median_seconds": 2.0, "predicted_share": 1.0},
        {"frozen": 1, "median_seconds": 1.5, "predicted_share": 0.7},
    ]
    (ax,) = figures.plot_freezing({"stages": stages}).axes
    assert list(ax.lines[1].get_ydata()) == [100, 75]

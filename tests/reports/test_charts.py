"""Interactive charts."""

import json

import pytest

from seal_tf.reports import charts
from seal_tf.reports.run_groups import group_runs
from seal_tf.reports.runs import read_run
from seal_tf.reports.series import group_styles
from seal_tf.utils.plot_colors import METHODS, SPLITS


@pytest.fixture
def groups(make_run):
    return group_runs(
        read_run(
            make_run(f"{method}{seed}", (0.4, last), method=method, seed=seed)
        )
        for method, last in (("normal", 0.5), ("seal", 0.6))
        for seed in range(2)
    )


def test_chart_accuracy_by_generation_has_a_line_and_a_band(groups):
    styles = group_styles(groups, groups[0])
    chart = charts.chart_accuracy_by_generation(groups, styles)
    json.dumps(chart, allow_nan=False)
    band, line = chart["data"][2:]
    assert line["y"] == [40, 60] and line["x"] == [1, 2]
    assert line["line"]["color"] == METHODS["seal"]
    # A click on the legend also hides the band.
    assert band["legendgroup"] == line["legendgroup"] == "seal"
    assert not band["showlegend"]
    assert chart["layout"]["xaxis"]["dtick"] == 1


def test_chart_epochs_links_three_panels(groups):
    styles = group_styles(groups, groups[0])
    chart = charts.chart_epochs(groups, styles)
    json.dumps(chart, allow_nan=False)
    axes = {trace.get("yaxis") for trace in chart["data"]}
    assert axes == {"y", "y2", "y3"}
    assert all("xaxis" not in trace for trace in chart["data"])
    assert len(chart["layout"]["shapes"]) == 1
    mean = next(t for t in chart["data"] if t.get("name") == "seal")
    assert mean["text"][2] == "generation 2, ascent"
    early = next(
        t
        for t in chart["data"]
        if t.get("yaxis") == "y3" and t["line"]["color"] == METHODS["seal"]
    )
    third = groups[1].runs[0].epochs[2]
    assert early["text"][2] == (
        f"early {third['early_rate']:+.3g}, later {third['later_rate']:+.3g}"
    )
    assert early["y"][2] < 0 < early["y"][0]


def test_chart_curves_shows_both_splits_and_both_parts(groups):
    chart = charts.chart_curves(groups[1])
    json.dumps(chart, allow_nan=False)
    shown = [t["name"] for t in chart["data"] if t["showlegend"]]
    assert shown == ["validation", "training", "later layers", "early layers"]
    lines = [s["x0"] for s in chart["layout"]["shapes"] if s["type"] == "line"]
    assert lines == [2.5]
    training = [t for t in chart["data"] if t.get("name") == "training"]
    # Two panels of two seeds.
    assert [t["yaxis"] for t in training] == ["y", "y", "y2", "y2"]
    assert {t["line"]["color"] for t in training} == {SPLITS["training"]}
    epochs = groups[1].runs[0].epochs
    assert training[0]["y"] == pytest.approx(
        [100 * e["accuracy"] for e in epochs], rel=1e-4
    )


def test_chart_curves_omits_epochs_without_a_finite_loss(groups):
    groups[1].runs[0].epochs[1]["val_loss"] = None
    chart = charts.chart_curves(groups[1])
    loss = next(t for t in chart["data"] if t["yaxis"] == "y2")
    assert loss["x"] == [1, 3, 4]
    assert loss["text"][1] == "generation 2, ascent"


def test_charts_of_runs_that_diverged_are_drawn(groups):
    """No value of the loss may be finite."""
    for run in (run for group in groups for run in group.runs):
        for line in run.epochs:
            line["val_loss"] = line["loss"] = None
    styles = group_styles(groups, groups[0])
    for chart in (
        charts.chart_curves(groups[0]),
        charts.chart_epochs(groups, styles),
    ):
        json.dumps(chart, allow_nan=False)


def test_loss_axis_is_logarithmic_for_several_magnitudes():
    assert charts._loss_axis([0.5, 3.0])["type"] == "log"
    assert charts._loss_axis([1.5, 3.0]) == {}
    assert charts._loss_axis([]) == {}


def test_rate_ticks_contain_all_rates(groups):
    axis = charts._rate_ticks(groups)
    lowest = charts._lowest_rate(groups)
    for rate in charts._rates(groups):
        low, high = axis["range"]
        assert low <= charts._signed_log(rate, lowest) <= high
    assert "0" in axis["ticktext"]


def test_signed_log_is_odd_and_grows_by_one_for_each_power():
    assert charts._signed_log(0.0, 0.01) == 0
    assert charts._signed_log(0.01, 0.01) == pytest.approx(1)
    assert charts._signed_log(1.0, 0.01) == pytest.approx(3)
    assert charts._signed_log(-1.0, 0.01) == pytest.approx(-3)


def test_charts_escape_what_plotly_would_render(make_run):
    (group,) = group_runs([read_run(make_run("<b>x", (0.4, 0.5)))])
    styles = group_styles([group], None)
    text = json.dumps(charts.chart_epochs([group], styles))
    assert "&lt;b>x" in text.replace("&gt;", ">")
    names = {
        t.get("name") for t in charts.chart_epochs([group], styles)["data"]
    }
    assert names == {None, "&lt;b&gt;x"}


@pytest.mark.parametrize(
    "epochs, step", [(3, 1), (10, 1), (18, 2), (160, 20), (640, 100)]
)
def test_integer_ticks_are_few_and_whole(epochs, step):
    ticks = charts._integer_ticks([{"x": [1, epochs]}])
    assert ticks["dtick"] == step

"""The static figures of runs."""

import pytest

from seal_tf.reports import figures
from seal_tf.reports.comparison import compare_all
from seal_tf.reports.run_groups import group_runs
from seal_tf.reports.runs import read_run
from seal_tf.reports.series import group_styles
from seal_tf.utils.plot_colors import BASELINE, LAYERS, METHODS, SPLITS
from tests.reports.fakes import group as fake_group


@pytest.fixture
def groups(make_run):
    return group_runs(
        read_run(
            make_run(f"{method}{seed}", (0.4, last), method=method, seed=seed)
        )
        for method, last in (("normal", 0.5), ("seal", 0.6))
        for seed in range(2)
    )


def test_plot_differences_draws_intervals_and_reasons():
    base = fake_group("normal", [60.0, 63.0, 61.0])
    groups = [
        base,
        fake_group("seal", [63.0, 64.0, 66.0]),
        fake_group("llf", [1.0, 2.0, 3.0], passes=2.0),
    ]
    comparisons = compare_all(groups, base)
    styles = group_styles(groups, base)
    (ax,) = figures.plot_differences(comparisons, styles).axes
    (container,) = ax.containers
    point, _, (bar,) = container
    assert list(point.get_xdata()) == [3]
    assert point.get_color() == METHODS["seal"]
    (segment,) = bar.get_segments()
    assert list(segment[:, 0]) == pytest.approx(list(comparisons[0].interval))
    texts = [text.get_text().replace("\n", " ") for text in ax.texts]
    assert texts[0].startswith("+3 (\u22122 to +8)")
    assert "not compared: 2 passes over the data" in texts[1]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "seal",
        "llf",
    ]


def test_plot_accuracy_by_generation_draws_means_and_bands(groups):
    styles = group_styles(groups, groups[0])
    (ax,) = figures.plot_accuracy_by_generation(groups, styles).axes
    assert [line.get_color() for line in ax.lines] == [
        BASELINE,
        METHODS["seal"],
    ]
    assert list(ax.lines[1].get_ydata()) == pytest.approx([40, 60])
    assert len(ax.collections) == 2
    labels = [text.get_text() for text in ax.get_legend().texts]
    assert labels == ["normal, 2 seeds", "seal, 2 seeds"]
    assert all(tick == int(tick) for tick in ax.get_xticks())


def test_plot_accuracy_by_generation_has_bars_at_the_points_of_a_run(groups):
    (group,) = group_runs(groups[1].runs[:1])
    styles = group_styles([group], None)
    (ax,) = figures.plot_accuracy_by_generation([group], styles).axes
    (container,) = ax.containers
    point, _, (bars,) = container
    for x, y, segment in zip(
        point.get_xdata(), point.get_ydata(), bars.get_segments(), strict=True
    ):
        assert list(segment[:, 0]) == [x, x]
        assert segment[:, 1].mean() == pytest.approx(y)


def test_plot_epochs_draws_each_seed_and_the_mean(groups):
    styles = group_styles(groups, groups[0])
    for ax in figures.plot_epochs(groups, styles).axes:
        assert len(ax.lines) == 6
        assert len(ax.patches) == 1


def test_plot_curves_shades_ascent_epochs(groups):
    axes = figures.plot_curves(groups[1]).axes
    ascents = [e for e in groups[1].runs[0].epochs if e["phase"] == "ascent"]
    assert len(ascents) == 1
    (span,) = axes[0].patches
    assert span.get_x() == ascents[0]["epoch"] + 0.5 and span.get_width() == 1
    colors = {line.get_color() for line in axes[0].lines}
    assert set(SPLITS.values()) <= colors
    assert set(LAYERS.values()) <= {line.get_color() for line in axes[2].lines}


def test_plot_freezing_without_timed_stage_is_none():
    stage = {"frozen": 0, "median_seconds": None, "predicted_share": 1.0}
    assert figures.plot_freezing({"stages": [stage]}) is None
    stages = [
        {"frozen": 0, "median_seconds": 2.0, "predicted_share": 1.0},
        {"frozen": 1, "median_seconds": 1.5, "predicted_share": 0.7},
    ]
    (ax,) = figures.plot_freezing({"stages": stages}).axes
    assert list(ax.lines[1].get_ydata()) == [100, 75]
    assert figures.describe_freezing({"stages": stages}) == (
        "With 1 frozen groups, an epoch takes 75 % of the time without (70 % "
        "predicted)."
    )

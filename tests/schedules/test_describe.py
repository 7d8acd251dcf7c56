"""The description and the figure of a plan."""

import numpy as np
import pytest

from seal_tf.schedules import (
    SEAL,
    SWA,
    AnnealedAscent,
    FreezeOut,
    Normal,
    Plan,
    Run,
    Snapshots,
)
from tests.schedules.plans import make_plan, two_group_plan


@pytest.mark.parametrize(
    ("settings", "warning"),
    [
        ({"generations": 1}, "no epoch ascends, because the run has one"),
        (
            {"generations": 2, "ascent_epochs": 0},
            "no epoch ascends, because `ascent_epochs` is 0",
        ),
        ({"generations": 8}, "ends in an ascent"),
        ({"generations": 2}, None),
        ({"generations": 1, "first_generation": 1}, None),
    ],
)
def test_describe_run_that_is_probably_a_mistake_warns(settings, warning):
    for schedule in (SEAL(**settings), SEAL(**settings) + Snapshots()):
        text = two_group_plan(schedule).describe()
        assert ("warning:" in text) == (warning is not None)
        assert warning is None or warning in text


@pytest.mark.parametrize(("count", "warns"), [(3, False), (4, True)])
def test_describe_run_that_averages_weights_of_an_ascent_warns(count, warns):
    seal = SEAL(generations=2, ascent_epochs=1)
    schedule = seal + SWA(generations=2, count=count)
    text = two_group_plan(schedule).describe()
    assert ("ends of epochs of ascent are averaged" in text) == warns


def test_describe_run_with_searched_s_names_the_target():
    schedule = SEAL(
        generations=2, split_at=0.5, ascent_scale="auto", retain=0.4
    )
    text = two_group_plan(schedule).describe()
    assert "early layers at -S of the learning rate" in text
    assert "S searched to retain 0.4" in text
    assert "ascent updates clipped to 0.02" in text


def test_describe_run_lists_groups_phases_and_events():
    schedule = SEAL(generations=2, split_at="x", learning_rate=0.1)
    lines = make_plan(schedule + Snapshots(), 8, 5).describe().splitlines()
    assert lines[0] == "seal+snapshots: 8 epochs, 5 steps each"
    assert lines[1].startswith("  stem (early): (the model is not built")
    assert lines[3].startswith("  b: ")
    assert "epochs    5 to    5: generation 2/2, ascent" in lines[-2]
    assert "optimizer reset" in lines[-2]
    assert lines[-1].endswith("snapshot 2 saved")


def test_describe_run_that_changes_within_epochs_gives_ranges():
    text = make_plan(AnnealedAscent(generations=1), 8, 50).describe()
    assert "% of the steps ascend" in text
    text = make_plan(FreezeOut(t0=0.5), 8, 50).describe()
    assert "of 5 groups frozen" in text
    assert "of the learning rate" in text


@pytest.mark.parametrize("rate", [None, 0.1])
def test_plot_run_writes_png_with_the_unit_of_its_rates(rate, tmp_path):
    schedule = SEAL(generations=2, split_at="x", learning_rate=rate)
    figure = make_plan(schedule, 8).plot(tmp_path / "plan.png")
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")
    label = figure.axes[0].get_ylabel()
    assert label.startswith("fraction" if rate is None else "signed")
    assert Normal(generations=1).owns_rate is False


def _plot(**settings):
    plan = Plan(
        SEAL(generations=2, split_at=0.5, ascent_epochs=1, **settings),
        Run(4, ("early", "later"), (True, False)),
    )
    (axes,) = plan.plot().axes
    labels = [text.get_text() for text in axes.get_legend().texts]
    early, later = (line.get_ydata() for line in axes.lines[:2])
    return axes, labels, early, later


def test_plot_run_hatches_the_ascent_of_a_searched_s():
    axes, labels, early, later = _plot(ascent_scale="auto", retain=0.5)
    assert "early: S is searched in training" in labels
    assert np.isnan(early[2]) and np.isfinite(np.delete(early, 2)).all()
    assert np.isfinite(later).all()
    (bar,) = axes.containers[0]
    # The bar reaches from 0 to the ascent with S = 1, in epoch 3.
    assert bar.get_hatch() == "////"
    assert bar.get_x() == 2.5 and bar.get_height() == -later[2] < 0


def test_plot_run_of_a_known_s_hatches_nothing():
    axes, labels, early, _ = _plot(ascent_scale=0.1)
    assert labels == ["early", "later"] and not axes.containers
    assert np.isfinite(early).all() and early[2] < 0

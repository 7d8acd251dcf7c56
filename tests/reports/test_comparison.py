"""Comparisons of groups with a baseline."""

import numpy as np
import pytest
from scipy import stats

from seal_tf.reports.comparison import (
    Comparison,
    choose_baseline,
    compare,
    compare_all,
)
from tests.reports.fakes import group

BASE = [60.0, 63.0, 61.0]


def shifted(*differences):
    return [base + d for base, d in zip(BASE, differences, strict=True)]


def test_compare_returns_the_paired_t_interval():
    differences = np.array([3.0, 1.0, 5.0])
    result = compare(group("seal", shifted(*differences)), group("b", BASE))
    half = stats.t.ppf(0.975, 2) * differences.std(ddof=1) / np.sqrt(3)
    assert result.mean == pytest.approx(3)
    assert result.margin == pytest.approx(half)
    np.testing.assert_allclose(result.interval, (3 - half, 3 + half))
    # The same as SciPy's paired test.
    test = stats.ttest_rel(shifted(*differences), BASE)
    np.testing.assert_allclose(
        result.interval, tuple(test.confidence_interval()), rtol=1e-6
    )


@pytest.mark.parametrize(
    "differences, smallest, verdict",
    [
        ((3.0, 3.2, 3.1), 2.0, "better"),
        ((-3.0, -3.2, -3.1), 2.0, "worse"),
        ((0.1, -0.1, 0.05), 2.0, "equivalent"),
        # The interval is 0 ± 0.26: too wide for a margin of 0.2.
        ((0.1, -0.1, 0.05), 0.2, "unclear"),
        ((3.0, -1.0, 5.0), 2.0, "unclear"),
    ],
)
def test_verdict_follows_from_the_interval(differences, smallest, verdict):
    result = compare(
        group("seal", shifted(*differences)), group("b", BASE), smallest
    )
    assert result.verdict == verdict


def test_difference_that_no_seed_changes_is_unclear():
    """An interval without width says nothing."""
    same = Comparison("a", "b", 2.0, {0: 0.3, 1: 0.3, 2: 0.1 + 0.2})
    assert same.seeds_change_nothing and same.verdict == "unclear"
    none = Comparison("a", "b", 2.0, dict.fromkeys(range(3), 0.0))
    assert not none.seeds_change_nothing and none.verdict == "equivalent"


def test_verdict_with_one_seed_is_unclear():
    result = compare(group("seal", {0: 90.0}), group("b", BASE))
    assert result.differences == {0: 30.0}
    assert result.margin is None and result.verdict == "unclear"
    assert result.more_seeds() is None


@pytest.mark.parametrize(
    "change, obstacle",
    [
        ({"passes": 12.0}, "12 passes over the data, not the 18 of b"),
        ({"dataset": "digits"}, "another data set (digits, not eurosat)"),
        ({"validation_images": 5}, "another number of validation images"),
        ({"class_names": ["ant", "car"]}, "other classes (such as car, not b"),
    ],
)
def test_compare_subtracts_no_unequal_runs(change, obstacle):
    base = group("b", BASE, class_names=["ant", "bee"])
    result = compare(group("seal", BASE, **change), base)
    assert result.verdict == "incomparable"
    assert result.obstacle.startswith(obstacle)
    assert result.differences == {}


def test_compare_subtracts_no_runs_on_other_images():
    """Folders may have as many images and the same classes."""
    facts = {"image_shape": [8, 8, 3], "validation_crc32": 1}
    other = facts | {"validation_crc32": 2}
    base = group("b", BASE, **facts)
    result = compare(group("seal", BASE, **other), base)
    assert result.obstacle == "other validation images"
    # In another size, the same images have another checksum.
    other["image_shape"] = [16, 16, 3]
    assert compare(group("seal", BASE, **other), base).obstacle == ""
    assert compare(group("seal", BASE), base).obstacle == ""


def test_compare_subtracts_no_runs_trained_on_other_images():
    facts = {"image_shape": [8, 8, 3], "training_crc32": 1}
    base = group("b", BASE, **facts)
    other = group("seal", BASE, **facts | {"training_crc32": 2})
    assert compare(other, base).obstacle == "other training images"


def test_compare_all_compares_averages_and_ensembles_too():
    """An averaged network is what SWA is for."""
    base = group("normal", [50.0, 52.0])
    swa = group("swa", [50.0, 52.0], average={"val_accuracy": 0.56})
    ensemble = {"last": [0.4, 0.5]}
    snapshots = group("snapshots", [48.0, 51.0], ensemble=ensemble)
    comparisons = compare_all([base, swa, snapshots], base)
    assert [(c.label, c.differences) for c in comparisons] == [
        ("swa, average", pytest.approx({0: 6.0, 1: 4.0})),
        ("swa", {0: 0.0, 1: 0.0}),
        ("snapshots, ensemble", pytest.approx({0: 0.0, 1: -2.0})),
        ("snapshots", pytest.approx({0: -2.0, 1: -1.0})),
    ]


def test_compare_needs_a_common_seed():
    result = compare(group("seal", {7: 60.0}), group("b", BASE))
    assert result.obstacle == "no seed in common with b"


def test_compare_refuses_a_smallest_difference_of_zero():
    with pytest.raises(ValueError, match="above 0"):
        compare(group("seal", BASE), group("b", BASE), 0)


def test_more_seeds_halves_a_difference_that_the_seeds_would_show():
    wide = compare(group("seal", shifted(3, -1, 5)), group("b", BASE))
    # The standard deviation is 3.06: 21 pairs show 2 points.
    assert wide.more_seeds() == (18, 2.0)
    narrow = compare(group("seal", shifted(1.6, 1.0, 0.4)), group("b", BASE))
    assert narrow.verdict == "unclear"
    seeds, difference = narrow.more_seeds()
    assert seeds > 0 and difference < 2


def test_choose_baseline_prefers_normal_with_most_passes_in_common():
    seal, llf = group("seal", BASE), group("llf", BASE)
    short = group("short", BASE, method="normal", passes=6.0)
    normal = group("normal", BASE)
    assert choose_baseline([short, seal, normal, llf]) is normal
    assert choose_baseline([seal, llf]) is seal
    assert choose_baseline([seal, llf], "llf") is llf
    assert choose_baseline([short, normal], "normal") is normal


def test_choose_baseline_with_unknown_name_raises():
    with pytest.raises(ValueError, match="one group: seal, llf"):
        choose_baseline([group("seal", BASE), group("llf", BASE)], "x")


def test_compare_all_sorts_by_difference_and_puts_unequal_runs_last():
    base = group("normal", BASE)
    groups = [
        group("short", shifted(9, 9, 9), passes=1.0),
        group("low", shifted(-1, 0, 0)),
        base,
        group("high", shifted(1, 2, 3)),
    ]
    names = [c.name for c in compare_all(groups, base)]
    assert names == ["high", "low", "short"]

"""Groups of runs."""

import pytest

from seal_tf.reports.run_groups import (
    experiment_key,
    group_runs,
    paired_difference,
)
from seal_tf.reports.runs import read_run


def test_group_runs_with_other_flags_makes_other_groups(make_run):
    runs = [
        read_run(make_run(f"r{i}", (0.1, 0.2), seed=seed, ascent_scale=scale))
        for i, (seed, scale) in enumerate(
            [(0, 0.1), (1, 0.1), (0, 0.2), (1, 0.2), (0, 0.3)]
        )
    ]
    groups = group_runs(runs)
    assert [(g.name, sorted(g.seeds)) for g in groups] == [
        ("seal (ascent_scale=0.1)", [0, 1]),
        ("seal (ascent_scale=0.2)", [0, 1]),
        ("r4", [0]),
    ]


def test_group_runs_names_a_method_that_has_seeds_once_plainly(make_run):
    runs = [
        read_run(make_run(f"r{i}", (0.1, 0.2), seed=seed, ascent_scale=scale))
        for i, (seed, scale) in enumerate([(0, 0.1), (1, 0.1), (0, 0.3)])
    ]
    assert [group.name for group in group_runs(runs)] == ["seal", "r2"]


def test_group_runs_gives_no_name_twice(make_run):
    runs = [
        read_run(make_run(name, (0.1, 0.2), seed=seed, ascent_scale=scale))
        for name, seed, scale in (("a", 0, 0.1), ("b", 1, 0.1), ("seal", 0, 1))
    ]
    assert [g.name for g in group_runs(runs)] == ["seal (2 seeds)", "seal"]


def test_group_runs_with_one_seed_twice_raises(make_run):
    runs = [read_run(make_run(name, (0.1, 0.2))) for name in "ab"]
    with pytest.raises(ValueError, match="same seed"):
        group_runs(runs)


def test_experiment_key_ignores_the_seed():
    key = experiment_key({"flags": {"seed": 0, "l2": 1e-4}})
    assert key == experiment_key({"flags": {"seed": 1, "l2": 1e-4}})
    assert key != experiment_key({"flags": {"seed": 0, "l2": 1e-3}})


@pytest.mark.parametrize(
    ("checksum", "label"),
    [
        ("validation_crc32", "images"),
        # Two folders may share the validation images.
        ("training_crc32", "training images"),
    ],
)
def test_group_runs_on_other_images_makes_other_groups(
    make_run, checksum, label
):
    """Two folders of images may have the same flags but for `--data_dir`."""
    runs = [
        read_run(make_run(f"r{i}", (0.1, 0.2), {checksum: crc}, seed=i % 2))
        for i, crc in enumerate((1, 1, 10, 10))
    ]
    groups = group_runs(runs)
    assert [(g.name, sorted(g.seeds)) for g in groups] == [
        (f"seal ({label}=00000001)", [0, 1]),
        (f"seal ({label}=0000000a)", [0, 1]),
    ]


def test_group_runs_before_and_after_a_new_flag_are_one_group(make_run):
    runs = [
        read_run(make_run(f"r{seed}", (0.1, 0.2), seed=seed, **flags))
        for seed, flags in enumerate(({}, {"new": None}))
    ]
    (group,) = group_runs(runs)
    assert (group.name, sorted(group.seeds)) == ("seal", [0, 1])


def test_paired_difference_uses_common_seeds():
    assert paired_difference({0: 1.0}, {1: 2.0}) is None
    assert paired_difference({0: 3.0, 1: 9.0}, {0: 1.0}) == (2.0, None)

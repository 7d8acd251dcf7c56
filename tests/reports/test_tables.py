"""The tables of runs."""

from seal_tf.reports import tables
from seal_tf.reports.comparison import compare_all
from seal_tf.reports.run_groups import group_runs
from seal_tf.reports.runs import read_run
from tests.reports.fakes import group


def test_difference_table_states_interval_verdict_or_reason():
    base = group("normal", [60.0, 63.0, 61.0])
    comparisons = compare_all(
        [
            base,
            group("seal", [63.0, 64.0, 66.0]),
            group("llf", {0: 61.0}),
            group("short", [60.0], passes=2.0),
        ],
        base,
    )
    assert tables.difference_table(comparisons) == [
        ["minus normal", "seeds", "points (95 % interval)", "verdict"],
        ["seal", "3", "+3 (\u22122 to +8)", "cannot tell"],
        ["llf", "1", "+1.0 (one seed)", "cannot tell"],
        [
            "short",
            "",
            "",
            "not compared: 2 passes over the data, not the 18 of normal",
        ],
    ]


def test_flag_table_has_only_flags_that_differ(make_run):
    runs = [
        read_run(make_run(method, (0.1, 0.2), method=method, retain=retain))
        for method, retain in (("normal", None), ("seal", 0.5))
    ]
    assert tables.flag_table(group_runs(runs)) == [
        ["flag", "normal", "seal"],
        ["--method", "normal", "seal"],
        ["--retain", "", "0.5"],
    ]
    assert tables.flag_table(group_runs(runs[:1])) is None


def test_published_table_needs_all_of_tiny_imagenet(make_run):
    flags = {
        "dataset": "tiny_imagenet",
        "epochs_per_generation": 160,
        "image_size": None,
        "images_per_class": None,
        "val_from_train": None,
    }
    runs = [
        read_run(make_run(method, (0.4, 0.5), method=method, **flags))
        for method in ("normal", "seal")
    ]
    assert tables.published_table(group_runs(runs)) is None
    for run in runs:
        run.summary["classes"] = 200
    rows = tables.published_table(group_runs(runs))
    assert rows == [
        ["", "normal", "seal", "normal, published", "seal, published"],
        ["G=1", "40", "40", "54.37", ""],
        ["G=2", "50", "50", "", ""],
    ]
    for flag, value in (
        *(("images_per_class", 50), ("label_noise", 0.4)),
        *(("val_from_train", 0.1), ("image_size", 32)),
        ("epochs_per_generation", 1600),
    ):
        other = read_run(make_run(flag, (0.4, 0.5), **{**flags, flag: value}))
        other.summary["classes"] = 200
        assert tables.published_table(group_runs([other])) is None


def test_generation_table_has_a_column_for_each_generation(make_run):
    (runs,) = group_runs([read_run(make_run("r", (0.4, 0.5)))])
    header, row = tables.generation_table([runs])
    assert header[3:5] == ["G=1", "G=2"]
    assert row[:5] == ["r", "seal", "0", "40", "50"]

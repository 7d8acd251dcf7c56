"""The tables of runs."""

from seal_tf.reports import tables
from seal_tf.reports.run_groups import group_runs
from seal_tf.reports.runs import read_run


def test_difference_table_of_one_common_seed_has_no_interval(make_run):
    runs = [
        read_run(make_run(f"r{i}", (0.1, 0.2), seed=seed, ascent_scale=scale))
        for i, (seed, scale) in enumerate(
            [(0, 0.1), (1, 0.1), (0, 0.2), (1, 0.2), (0, 0.3)]
        )
    ]
    rows = tables.difference_table(group_runs(runs))
    assert [row[1] for row in rows[1:]] == ["2", "1"]
    assert rows[2][3] == "none (one seed)"


def test_published_table_needs_all_of_tiny_imagenet(make_run):
    flags = {"dataset": "tiny_imagenet", "images_per_class": None}
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
        ["G=1", "40.00", "40.00", "54.37", ""],
        ["G=2", "50.00", "50.00", "", ""],
    ]


def test_generation_table_has_a_column_for_each_generation(make_run):
    (group,) = group_runs([read_run(make_run("r", (0.4, 0.5)))])
    header, row = tables.generation_table([group])
    assert header[3:5] == ["G=1", "G=2"]
    assert row[:5] == ["r", "seal", "0", "40.00", "50.00"]

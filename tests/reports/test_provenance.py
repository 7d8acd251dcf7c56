"""Where runs come from."""

import shlex

from seal_tf.reports import provenance
from seal_tf.reports.run_groups import group_runs
from seal_tf.reports.runs import read_run


def test_run_table_quotes_folders_with_spaces(make_run):
    run = read_run(make_run("my run", (0.4, 0.5)))
    row = provenance.run_table(group_runs([run]))[1]
    assert shlex.split(row[-1])[-1] == f"--flagfile={run.path}/flags.txt"


def test_run_table_has_command_date_and_machine(make_run):
    run = read_run(make_run("r", (0.4, 0.5)))
    header, row = provenance.run_table(group_runs([run]))
    entries = dict(zip(header, row, strict=True))
    assert entries["command"] == (
        f"python -m seal_tf.train --flagfile={run.path}/flags.txt"
    )
    assert entries["trained on"] == run.summary["date"]
    assert entries["machine"] == run.summary["machine"] != ""
    # Runs of earlier versions have neither.
    del run.summary["date"], run.summary["machine"]
    assert provenance.run_table(group_runs([run]))[1][2:4] == ["", ""]


def test_describe_versions_names_runs_only_if_they_differ(make_run):
    runs = [read_run(make_run(f"r{s}", (0.4, 0.5), seed=s)) for s in (0, 1)]
    groups = group_runs(runs)
    assert provenance.describe_versions(groups).startswith("python 3.")
    runs[1].summary["versions"]["keras"] = "9.9"
    text = provenance.describe_versions(groups)
    assert text.startswith("r0: python 3.") and "; r1: " in text
    assert "keras 9.9" in text


def test_common_flags_omits_what_differs(make_run):
    runs = [
        read_run(make_run(method, (0.4, 0.5), method=method))
        for method in ("normal", "seal")
    ]
    text = provenance.common_flags(group_runs(runs))
    assert "--arch=small" in text.splitlines()
    assert "--method" not in text and "--workdir" not in text

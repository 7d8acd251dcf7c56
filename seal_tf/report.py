"""Write a page that says which runs are better.

  python -m seal_tf.report --runs=A,B,C --out=DIR

--runs takes work directories of finished runs and folders that
`seal_tf.probe` wrote, in any order; a pattern such as 'runs/seal-*'; and a
folder that contains them. Runs that differ only in their seed form a group,
and every group is compared with the baseline, seed by seed. The command writes
report.html, the figures as SVG, and the text as results.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from seal_tf.cli.errors import one_line_errors
from seal_tf.cli.flags import parse, require
from seal_tf.cli.last_line import define_quiet, last_line_only


def define_flags(flag_values: flags.FlagValues) -> None:
    """Define the flags of the command.

    Args:
        flag_values: Where to define the flags.
    """
    flags.DEFINE_list(
        "runs",
        [],
        "work directories of finished runs, folders of probe results, "
        "folders that contain them, and patterns such as 'runs/*'",
        flag_values=flag_values,
    )
    flags.DEFINE_string(
        "out",
        None,
        "folder for the report; by default `report` in the folder that "
        "contains all runs",
        flag_values=flag_values,
    )
    flags.DEFINE_string(
        "baseline",
        None,
        "name of the run, group or method that all others are compared with; "
        "by default normal training",
        flag_values=flag_values,
    )
    flags.DEFINE_float(
        "smallest_difference",
        2.0,
        'smallest difference that matters, in percentage points: "do not '
        'differ" means that the 95 % interval is within it',
        flag_values=flag_values,
    )
    define_quiet(flag_values)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Command line without the program. None takes `sys.argv`.

    Returns:
        The exit code.
    """
    flag_values = parse(define_flags, __doc__ or "", argv)
    flag_of = {name: name for name in flag_values}
    with one_line_errors(flag_of), last_line_only(flag_values.quiet):
        require(flag_values, runs="A,B")
        report_file = _write(flag_values)
        print(f"report: {report_file.resolve().as_uri()}")
    return 0


def _write(flag_values: flags.FlagValues) -> Path:
    from seal_tf import reports

    folders, unfinished = reports.find_folders(flag_values.runs)
    for path in unfinished:
        print(f"{path}: the run is not finished; the report omits it")
    results = {path: reports.read_probe_results(path) for path in folders}
    runs = reports.read_runs(
        path
        for path, probe_results in results.items()
        # A folder may contain a run and also results of probing it.
        if not probe_results or (path / "summary.json").exists()
    )
    return reports.write_report(
        runs,
        flag_values.out or reports.default_folder(folders),
        [r for of_path in results.values() for r in of_path],
        reports.ReportOptions(
            flag_values.baseline, flag_values.smallest_difference
        ),
    )


if __name__ == "__main__":
    sys.exit(main())

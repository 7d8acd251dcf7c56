"""Write a report of runs and probe results.

  python -m seal_tf.report --runs=A,B,C --out=DIR

--runs takes work directories of finished runs and folders that
`seal_tf.probe` wrote, in any order. Runs that differ only in their seed form
a group. The command writes report.html, the figures as PNG, and the tables
as results.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from seal_tf.cli.errors import one_line_errors
from seal_tf.cli.flags import parse, require


def define_flags(flag_values: flags.FlagValues) -> None:
    """Define the flags of the command.

    Args:
        flag_values: Where to define the flags.
    """
    flags.DEFINE_list(
        "runs",
        [],
        "work directories of finished runs, and folders of probe results",
        flag_values=flag_values,
    )
    flags.DEFINE_string(
        "out", None, "folder for the report", flag_values=flag_values
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Command line without the program. None takes `sys.argv`.

    Returns:
        The exit code.
    """
    flag_values = parse(define_flags, __doc__ or "", argv)
    with one_line_errors({name: name for name in flag_values}):
        require(flag_values, runs="A,B", out="DIR")
        report_file = _write(flag_values.runs, flag_values.out)
    print(f"report: {report_file.resolve().as_uri()}")
    return 0


def _write(paths: Sequence[str], out: str) -> Path:
    from seal_tf import reports

    results = {path: reports.read_probe_results(path) for path in paths}
    runs = reports.read_runs(
        path
        for path, probe_results in results.items()
        # A folder may contain a run and also results of probing it.
        if not probe_results or (Path(path) / "summary.json").exists()
    )
    return reports.write_report(
        runs, out, [r for of_path in results.values() for r in of_path]
    )


if __name__ == "__main__":
    sys.exit(main())

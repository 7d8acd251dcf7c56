"""A page of runs and probes: python -m seal_tf.report --runs=A,B,C --out=DIR

Takes work directories of finished runs and folders that `seal_tf.probe`
wrote, in any order. Runs that differ only in their seed are taken together.
Writes report.html, its figures as PNG, and its tables as results.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

from absl import flags as absl_flags

from seal_tf.commands.flags import one_line_errors, parse, require


def define(values) -> None:
    """Defines the flags of this command on `values`."""
    absl_flags.DEFINE_list(
        "runs",
        [],
        "work directories of finished runs, and folders of probe results",
        flag_values=values,
    )
    absl_flags.DEFINE_string(
        "out", None, "folder for the page", flag_values=values
    )


def main(argv=None) -> int:
    """Runs the command; returns its exit code."""
    flags = parse(define, __doc__, sys.argv[1:] if argv is None else argv)
    with one_line_errors():
        require(flags, runs="A,B", out="DIR")
        from seal_tf import report

        results = {path: report.read_results(path) for path in flags.runs}
        runs = report.read_runs(
            path
            for path, found in results.items()
            # A folder may hold both: a run and what was probed of it.
            if not found or (Path(path) / "summary.json").exists()
        )
        page = report.write_page(
            runs, flags.out, [r for found in results.values() for r in found]
        )
    print(f"the page: {page.resolve().as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

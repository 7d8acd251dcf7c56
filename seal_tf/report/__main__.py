"""A page from finished runs: python -m seal_tf.report --runs=A,B --out=DIR

Writes report.html, its figures as PNG, and the table as results.md.
"""

from __future__ import annotations

import sys

from absl import flags as absl_flags

from seal_tf.commands.flags import one_line_errors, parse


def _define(values):
    absl_flags.DEFINE_list(
        "runs", [], "work directories of finished runs", flag_values=values
    )
    absl_flags.DEFINE_string(
        "out", None, "folder for the page", flag_values=values
    )


def main(argv=None) -> int:
    """Runs the command; returns its exit code."""
    flags = parse(_define, __doc__, sys.argv[1:] if argv is None else argv)
    with one_line_errors():
        if not flags.runs or not flags.out:
            raise ValueError(
                f"give --runs=A,B and --out=DIR. Received: --runs="
                f"{','.join(flags.runs)} --out={flags.out or ''}"
            )
        from seal_tf import report

        runs = report.read_runs(flags.runs)
        page = report.write_page(runs, flags.out)
    print(f"the page: {page.resolve().as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Figures, tables and one page from runs and probes."""

from seal_tf.report.probe_results import Result, read_results
from seal_tf.report.runs import Run, read_run, read_runs
from seal_tf.report.write import write_page

__all__ = [
    "Result",
    "Run",
    "read_results",
    "read_run",
    "read_runs",
    "write_page",
]

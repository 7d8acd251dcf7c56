"""Figures, tables and one page from the work directories of runs."""

from seal_tf.report.page import write_page
from seal_tf.report.runs import Run, read_run, read_runs

__all__ = ["Run", "read_run", "read_runs", "write_page"]

"""Reports of runs and probe results: tables and figures in one HTML file."""

from seal_tf.reports.folders import default_folder, find_folders
from seal_tf.reports.probe_results import ProbeResult, read_probe_results
from seal_tf.reports.runs import Run, read_run, read_runs
from seal_tf.reports.write import ReportOptions, write_report

__all__ = [
    "ProbeResult",
    "ReportOptions",
    "Run",
    "default_folder",
    "find_folders",
    "read_probe_results",
    "read_run",
    "read_runs",
    "write_report",
]

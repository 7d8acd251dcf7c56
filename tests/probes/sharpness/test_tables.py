"""The table of the sharpness probe."""

from seal_tf.probes.report_parts import GroupedResult
from seal_tf.probes.sharpness.tables import sharpness_table
from tests.probes.fakes import entry


def results(value):
    return {
        "largest_eigenvalue": {"value": value, "converged": value > 1},
        "trace": {"value": 2 * value, "standard_error": 0.5},
    }


def test_sharpness_table_shows_errors_and_convergence():
    groups = {
        "n": [entry("n", results(1.0))],
        "s": [entry("s", results(2.0)), entry("t", results(3.0), seed=1)],
    }
    rows = sharpness_table(GroupedResult({"label": "a"}, groups)).rows
    assert rows[1:] == [
        ["n", "1", "1 (not converged)", "2 ± 0.5 (standard error)"],
        ["s", "2", "2.5 ± 0.71", "5 ± 1.4"],
    ]

"""`python -m seal_tf.report`."""

from seal_tf.cli.report import command
from seal_tf.report import __main__ as entry_point


def test_main_module_runs_the_command():
    assert entry_point.main is command.main

"""Schedules and `--help` work without a backend."""

import subprocess
import sys


def test_schedules_and_commands_import_no_tensorflow():
    code = (
        "import sys, seal_tf, seal_tf.schedules, seal_tf.train, pipelines\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

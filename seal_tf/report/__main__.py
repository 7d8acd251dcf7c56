"""Run `python -m seal_tf.report`; see `seal_tf.cli.report.command`."""

from __future__ import annotations

import sys

from seal_tf.cli.report.command import main

if __name__ == "__main__":
    sys.exit(main())

"""SIGTERM and Ctrl-C: once more a checkpoint, then the end."""

from __future__ import annotations

import signal

NAMES = {signal.SIGTERM: "SIGTERM", signal.SIGINT: "Ctrl-C"}


class Stopped(Exception):
    """Training was asked to stop, and has.

    Args:
        signum: The signal.
        where: What was kept of the run just now, in words.
    """

    def __init__(self, signum: int, where: str = "no new checkpoint"):
        name = NAMES[signal.Signals(signum)]
        super().__init__(
            f"stopped by {name}, {where}; the same command goes on."
        )
        self.exit_code = 128 + signum


class StopRequest:
    """Remembers a signal until training can stop between two steps.

    A context manager. Before `armed`, and a second time, the signal is
    obeyed at once: there is nothing to keep, or no wish to wait for it.

    Attributes:
        armed: Whether somebody looks at `signum`.
        signum: The signal that came, or None.
    """

    def __init__(self):
        self.armed = False
        self.signum = None

    def __enter__(self):
        self._before = {}
        for signum in NAMES:
            try:
                self._before[signum] = signal.signal(signum, self._asked)
            except ValueError:
                break  # Only the main thread may.
        return self

    def __exit__(self, *_):
        for signum, handler in self._before.items():
            signal.signal(signum, handler)

    def _asked(self, signum, frame):
        if self.armed and self.signum is None:
            self.signum = signum
        else:
            raise Stopped(signum)

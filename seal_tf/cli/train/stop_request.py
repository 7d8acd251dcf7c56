"""Stop the training command on SIGTERM and Ctrl-C, at a safe place."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Any

SIGNAL_NAMES = {signal.SIGTERM: "SIGTERM", signal.SIGINT: "Ctrl-C"}


class Stopped(Exception):  # noqa: N818  it is not an error
    """A signal has stopped the command.

    Args:
        signum: The signal.
        checkpoint: Where the state was saved, for the message.
        all_processes: Whether all processes that train together stop.
    """

    def __init__(
        self,
        signum: int,
        checkpoint: str = "no new checkpoint",
        all_processes: bool = False,
    ) -> None:
        name = SIGNAL_NAMES[signal.Signals(signum)]
        super().__init__(
            f"stopped by {name}, {checkpoint}. Run the same command to resume."
        )
        self.exit_code = 128 + signum
        self.all_processes = all_processes

    def report(self) -> int:
        """Print the message, and return the exit code."""
        print(f"seal_tf: {self}", file=sys.stderr)
        return self.exit_code


class StopRequest:
    """Store a signal until the command reaches a safe place.

    A context manager. The handler raises nothing, because TensorFlow turns an
    exception into a warning while it traces a function. The command calls
    `check` between its steps, and training checks `signum` after each step. A
    second signal ends the process at once.

    Attributes:
        signum: The signal, or None.
    """

    def __init__(self) -> None:
        self.signum: int | None = None
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopRequest:
        self._previous = self.set_handlers()
        return self

    def __exit__(self, *_: object) -> None:
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)

    def set_handlers(self) -> dict[signal.Signals, Any]:
        """Set the handlers of the signals, and return the previous ones.

        For a second time after a library has set its own.
        """
        previous = {}
        for signum in SIGNAL_NAMES:
            try:
                previous[signum] = signal.signal(signum, self._handle)
            except ValueError:
                break  # Only the main thread can set a handler.
        return previous

    def check(self) -> None:
        """Raise `Stopped` if a signal was received."""
        if self.signum is not None:
            raise Stopped(self.signum)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self.signum is not None:
            signal.signal(signum, signal.SIG_DFL)
            signal.raise_signal(signum)
        self.signum = signum

"""Stop training on SIGTERM and Ctrl-C, after a last checkpoint."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

SIGNAL_NAMES = {signal.SIGTERM: "SIGTERM", signal.SIGINT: "Ctrl-C"}


class Stopped(Exception):  # noqa: N818  it is not an error
    """A signal has stopped training.

    Args:
        signum: The signal.
        checkpoint: Where the state was saved, for the message.
    """

    def __init__(
        self, signum: int, checkpoint: str = "no new checkpoint"
    ) -> None:
        name = SIGNAL_NAMES[signal.Signals(signum)]
        super().__init__(
            f"stopped by {name}, {checkpoint}. Run the same command to resume."
        )
        self.exit_code = 128 + signum


class StopRequest:
    """Store a signal until training can stop between two steps.

    A context manager. Before `armed` is set there is nothing to save, so a
    signal raises `Stopped` at once. So does a second signal.

    Attributes:
        armed: Whether training checks `signum`.
        signum: The signal, or None.
    """

    def __init__(self) -> None:
        self.armed = False
        self.signum: int | None = None
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopRequest:
        for signum in SIGNAL_NAMES:
            try:
                self._previous[signum] = signal.signal(signum, self._handle)
            except ValueError:
                break  # Only the main thread can set a handler.
        return self

    def __exit__(self, *_: object) -> None:
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self.armed and self.signum is None:
            self.signum = signum
        else:
            raise Stopped(signum)

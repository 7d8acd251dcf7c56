"""Show the progress of one long operation."""

from __future__ import annotations

import sys
import time
from typing import Any

from seal_tf.utils.progress import ProgressCallback, ignore_progress

#: Seconds between two lines of an operation that has not ended.
SECONDS_BETWEEN_LINES = 30.0


class Progress:
    """A bar on a terminal; elsewhere a line every 30 s and one at the end.

    Args:
        title: What is in progress, in a few words.
        bar: Whether to draw a bar. None draws one on a terminal.
    """

    def __init__(self, title: str, bar: bool | None = None) -> None:
        self._title = title
        self._progbar: Any = None
        self._use_bar = sys.stdout.isatty() if bar is None else bar
        self._start = self._last_line = time.monotonic()

    def __call__(self, completed: int, count: int) -> None:
        """Show that `completed` of `count` units are complete."""
        if self._use_bar:
            if self._progbar is None:
                from keras.utils import Progbar

                print(self._title)
                self._progbar = Progbar(count)
            self._progbar.update(completed)
            return
        now = time.monotonic()
        seconds = now - self._start
        if completed == count:
            print(f"{self._title}: {seconds:.1f} s", flush=True)
        elif now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = now
            print(
                f"{self._title}: {completed / count:.0%}, {seconds:.0f} s",
                flush=True,
            )


def progress_function(title: str, mode: str) -> ProgressCallback:
    """Return a function that shows progress.

    Args:
        title: What is in progress, in a few words.
        mode: "bar", "lines", "none", or "auto": a bar on a terminal, else
            lines.
    """
    if mode == "none":
        return ignore_progress
    bar = {"bar": True, "lines": False}.get(mode)
    return Progress(title, bar)


def display_mode(mode: str) -> str:
    """Resolve "auto": "bar" on a terminal, else "lines"."""
    if mode == "auto":
        return "bar" if sys.stdout.isatty() else "lines"
    return mode

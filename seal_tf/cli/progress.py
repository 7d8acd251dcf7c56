"""Show the progress of one long operation."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

from seal_tf.utils.progress import ProgressCallback, ignore_progress

#: Seconds between two lines of an operation that has not ended.
SECONDS_BETWEEN_LINES = 30.0


class Progress:
    """A bar on a terminal; elsewhere a line every 30 s and one at the end.

    The lines also come while a single unit takes longer than that. A thread
    prints them until the operation is complete, or until the object no longer
    exists.

    Args:
        title: What is in progress, in a few words.
        bar: Whether to draw a bar. None draws one on a terminal.
        unit: Name of a unit on the bar. Defaults to "image".
    """

    def __init__(
        self, title: str, bar: bool | None = None, unit: str = "image"
    ) -> None:
        self._title = title
        self._unit = unit
        self._progbar: Any = None
        self._use_bar = sys.stdout.isatty() if bar is None else bar
        self._start = time.monotonic()
        self._fraction = 0.0
        self._ended: threading.Event | None = None
        if not self._use_bar:
            self._print_regularly()

    def __call__(self, completed: int, count: int) -> None:
        """Show that `completed` of `count` units are complete."""
        if self._use_bar:
            if self._progbar is None:
                from keras.utils import Progbar

                print(self._title)
                self._progbar = Progbar(count, unit_name=self._unit)
            self._progbar.update(completed)
            return
        self._fraction = completed / count
        if completed == count:
            self.end()
            seconds = time.monotonic() - self._start
            print(f"{self._title}: {seconds:.1f} s", flush=True)
        elif self._ended is None:
            # A second pass of the same operation.
            self._print_regularly()

    def end(self) -> None:
        """Print no more lines."""
        if self._ended is not None:
            self._ended.set()
            self._ended = None

    def print_line(self) -> None:
        """Print the completed fraction, if it is known, and the time."""
        fraction = f"{self._fraction:.0%}, " if self._fraction else ""
        seconds = time.monotonic() - self._start
        print(f"{self._title}: {fraction}{seconds:.0f} s", flush=True)

    def _print_regularly(self) -> None:
        self._ended = threading.Event()
        threading.Thread(
            target=_print_lines,
            args=(weakref.ref(self), self._ended),
            daemon=True,
        ).start()


def _print_lines(
    reference: weakref.ref[Progress], ended: threading.Event
) -> None:
    while not ended.wait(SECONDS_BETWEEN_LINES):
        progress = reference()
        if progress is None:
            return
        progress.print_line()
        # Without a reference of this thread, the object can be deleted.
        del progress


@contextlib.contextmanager
def show_activity(title: str) -> Iterator[None]:
    """Print the title, and a line every 30 s until the block ends.

    Args:
        title: What happens in the block, in a few words.
    """
    print(title, flush=True)
    progress = Progress(title, bar=False)
    try:
        yield
    finally:
        progress.end()


def progress_function(
    title: str, mode: str, unit: str = "image"
) -> ProgressCallback:
    """Return a function that shows progress.

    Args:
        title: What is in progress, in a few words.
        mode: "bar", "lines", "none", or "auto": a bar on a terminal, else
            lines.
        unit: Name of a unit on the bar. Defaults to "image".
    """
    if mode == "none":
        return ignore_progress
    bar = {"bar": True, "lines": False}.get(mode)
    return Progress(title, bar, unit)


def display_mode(mode: str) -> str:
    """Resolve "auto": "bar" on a terminal, else "lines"."""
    if mode == "auto":
        return "bar" if sys.stdout.isatty() else "lines"
    return mode

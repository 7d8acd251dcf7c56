"""A bar with the time left on a terminal; a line when done elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any


class Progress:
    """Progress of one long thing.

    Args:
        what: What is done, in a few words.
        bar: Whether to draw a bar; None: on a terminal.
    """

    def __init__(self, what: str, bar: bool | None = None):
        self._what = what
        self._drawn: Any = None
        self._wants_bar = sys.stdout.isatty() if bar is None else bar
        self._began = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if self._wants_bar:
            if self._drawn is None:
                from keras.utils import Progbar

                print(self._what)
                self._drawn = Progbar(total)
            self._drawn.update(done)
        elif done == total:
            seconds = time.monotonic() - self._began
            print(f"{self._what}: {seconds:.1f} s", flush=True)

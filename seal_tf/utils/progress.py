"""The type of progress callbacks."""

from __future__ import annotations

from collections.abc import Callable

#: Called as `callback(completed, count)` during a long computation.
ProgressCallback = Callable[[int, int], None]


def ignore_progress(completed: int, count: int) -> None:
    """Report nothing; the default of progress arguments.

    Args:
        completed: Number of completed items.
        count: Number of all items.
    """

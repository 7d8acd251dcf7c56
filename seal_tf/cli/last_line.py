"""Print the last line of a command only: --quiet."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator

from absl import flags as absl_flags


def define_quiet(flags: absl_flags.FlagValues) -> None:
    """Define `--quiet`."""
    absl_flags.DEFINE_bool(
        "quiet",
        False,
        "print the last line only; warnings and errors still go to standard "
        "error",
        flag_values=flags,
    )


@contextlib.contextmanager
def last_line_only(enabled: bool) -> Iterator[None]:
    """Print nothing but the last line that is written to standard output.

    After an exception, nothing is printed.

    Args:
        enabled: Whether to do so.
    """
    if not enabled:
        yield
        return
    output = _LastLine()
    with contextlib.redirect_stdout(output):
        yield
    if output.text:
        print(output.text, file=sys.stdout, flush=True)


class _LastLine(io.TextIOBase):
    """A stream that keeps the last line that is not empty."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._partial = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *complete, self._partial = (self._partial + text).split("\n")
        for line in (*complete, self._partial):
            self.text = line if line.strip() else self.text
        return len(text)

"""Report lost workers. This module does not import the backend."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from seal_tf.cli.errors import fail

#: Parts of the messages of TensorFlow and JAX when another process is lost.
_LOST_WORKER_SIGNS = (
    "Collective ops is aborted",
    "heartbeat",
    "Socket closed",
    "grpc",
    "Gloo",
    "NCCL",
    "coordination service",
)


@contextlib.contextmanager
def translate_worker_failures() -> Iterator[None]:
    """End the command with one line if another machine is lost."""
    try:
        yield
    except Exception as error:
        sign = _lost_worker_sign(error)
        if sign is None:
            raise
        fail(
            "another machine has stopped or cannot be reached "
            f"({sign[:200]}). Training stops. Run the same command on all "
            "machines to resume from the last checkpoint."
        )


def _lost_worker_sign(error: BaseException | None) -> str | None:
    """Return the line that shows the loss of a process, or None.

    A later error of the same fit may hide the first one.
    """
    while error is not None:
        # JAX raises a ValueError if a variable is read.
        module = type(error).__module__.partition(".")[0]
        if module in ("tensorflow", "jax", "jaxlib", "builtins"):
            for line in str(error).splitlines():
                if any(sign in line for sign in _LOST_WORKER_SIGNS):
                    return line.strip()
        error = error.__cause__ or error.__context__
    return None

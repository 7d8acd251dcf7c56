"""Import TensorFlow without its startup logs."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def suppress_startup_logs() -> Iterator[None]:
    """Hold back standard error, and print it only after a failure.

    TensorFlow 2.21 prints a dozen lines before its log levels take effect,
    among them "failed call to cuInit: INTERNAL" on each machine without a
    GPU.
    """
    sys.stderr.flush()
    original = os.dup(2)
    with tempfile.TemporaryFile() as captured:
        os.dup2(captured.fileno(), 2)
        try:
            yield
        except BaseException:
            captured.seek(0)
            os.write(original, captured.read())
            raise
        finally:
            os.dup2(original, 2)
            os.close(original)


def start_tensorflow() -> None:
    """Import TensorFlow and list its devices, without startup logs."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with suppress_startup_logs():
        import tensorflow as tf

        tf.config.list_physical_devices()

"""Import the backend of Keras without its startup logs."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
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


#: Name of each backend of Keras, and the extra of this package that has it.
BACKENDS = {"tensorflow": None, "jax": "jax", "torch": "torch"}


def default_backend() -> str:
    """Return the backend in `KERAS_BACKEND`, or TensorFlow."""
    return os.environ.get("KERAS_BACKEND") or "tensorflow"


def check_backend(name: str) -> None:
    """Check that a command can use a backend of Keras.

    Args:
        name: Name of the backend.

    Raises:
        ValueError: If it is unknown or not installed, or `KERAS_BACKEND` or
            an earlier import of Keras selects another one.
    """
    if name not in BACKENDS:
        raise ValueError(
            f"Argument `backend` must be one of {', '.join(BACKENDS)}. "
            f"Received: backend={name}"
        )
    variable = os.environ.get("KERAS_BACKEND")
    if variable and variable != name:
        raise ValueError(
            "Argument `backend` must agree with the environment variable "
            f"KERAS_BACKEND, which is {variable}. Received: backend={name}"
        )
    keras = sys.modules.get("keras")
    if keras is not None and keras.config.backend() != name:
        raise ValueError(
            f"Keras already uses {keras.config.backend()} in this process. "
            f"Received: backend={name}"
        )
    if importlib.util.find_spec(name) is None:
        extra = BACKENDS[name]
        package = f"seal_tf[{extra}]" if extra else name
        raise ValueError(
            f"Argument `backend` requires the package {name}, which is not "
            f"installed: pip install '{package}'. Received: backend={name}"
        )


def start_backend(name: str) -> None:
    """Let Keras use a backend, and import it without startup logs.

    Args:
        name: Name of the backend, checked.
    """
    os.environ["KERAS_BACKEND"] = name
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with suppress_startup_logs():
        if importlib.util.find_spec("tensorflow") is not None:
            # The input pipeline uses it with every backend.
            import tensorflow as tf

            devices = tf.config.list_physical_devices("GPU")
            if name != "tensorflow" and devices:
                # It would take the memory of the GPU.
                tf.config.set_visible_devices([], "GPU")
        if name != "tensorflow":
            importlib.import_module(name)


def start_tensorflow() -> None:
    """Let Keras use TensorFlow, and list its devices without startup logs.

    Commands that read finished networks use TensorFlow, on whichever backend
    the networks were trained.
    """
    start_backend("tensorflow")

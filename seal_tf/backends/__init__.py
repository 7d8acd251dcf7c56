"""What differs between the backends of Keras: one file a backend.

This package imports Keras only. The file of a backend is imported when
`get_backend` is called for the first time, and imports that backend.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seal_tf.backends.base import Backend

#: Name of each supported backend of Keras, and its class.
BACKENDS = {
    "tensorflow": "TensorFlowBackend",
    "jax": "JaxBackend",
    "torch": "TorchBackend",
}


@functools.cache
def get_backend() -> Backend:
    """Return the backend that Keras uses in this process.

    Raises:
        ValueError: If it is not supported.
    """
    name = keras.config.backend()
    if name not in BACKENDS:
        raise ValueError(
            f"The backend of Keras must be one of {', '.join(BACKENDS)}. "
            f"Received: {name!r}"
        )
    module = importlib.import_module(f"seal_tf.backends.{name}")
    backend: Backend = getattr(module, BACKENDS[name])()
    return backend


# Last, because the import of Keras imports modules that need the names above,
# to register their classes.
import keras  # noqa: E402

"""Versions of Python and of the packages that determine the results."""

from __future__ import annotations

import contextlib
import os
import platform
from importlib import metadata

PACKAGES = ("seal_tf", "tensorflow", "keras", "numpy")
#: Packages of other backends of Keras, named where Keras uses them.
BACKENDS = ("jax", "torch")


def package_versions() -> dict[str, str]:
    """Return the version of Python and of each package, by name."""
    names = [*PACKAGES, *(b for b in BACKENDS if b == _backend())]
    versions = {"python": platform.python_version()}
    for name in names:
        # The backends JAX and PyTorch need no TensorFlow.
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions


def _backend() -> str | None:
    return os.environ.get("KERAS_BACKEND")

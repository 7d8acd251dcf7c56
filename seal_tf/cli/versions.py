"""Versions of Python and of the packages that determine the results."""

from __future__ import annotations

import platform
from importlib import metadata

PACKAGES = ("seal_tf", "tensorflow", "keras", "numpy")


def package_versions() -> dict[str, str]:
    """Return the version of Python and of each package, by name."""
    return {"python": platform.python_version()} | {
        package: metadata.version(package) for package in PACKAGES
    }

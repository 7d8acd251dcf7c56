"""Which optional packages this environment has."""

from __future__ import annotations

import importlib.util


def has_tensorflow() -> bool:
    """Return whether TensorFlow is installed. It is not imported.

    Example:
        >>> from pipelines.installed import has_tensorflow
        >>> has_tensorflow()
        True
    """
    return importlib.util.find_spec("tensorflow") is not None

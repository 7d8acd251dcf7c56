"""Image data sets, decoded once and fed as XLA-compiled tf.data pipelines.

`load` gives a `tf.data.Dataset`; `read` brings a split into memory, and
`training_batches` and `evaluation_batches` feed it. Nothing here knows
seal_tf.
"""

from __future__ import annotations

import importlib
from typing import Any

from pipelines.errors import DataError
from pipelines.registry import DATA_SETS, NAMES

__all__ = [
    "DATA_SETS",
    "NAMES",
    "DataError",
    "evaluation_batches",
    "load",
    "read",
    "training_batches",
]

#: Where a name is: these import TensorFlow, and wait until they are asked.
_HOMES = {
    "evaluation_batches": "pipelines.batches",
    "load": "pipelines.loading",
    "training_batches": "pipelines.batches",
}


def read(name: str, split: str, **options: Any) -> Any:
    """Reads and decodes one split; see `pipelines.reading.read`."""
    return importlib.import_module("pipelines.reading").read(
        name, split, **options
    )


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'pipelines' has no attribute {name!r}")

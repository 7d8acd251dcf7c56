"""Image data sets for training: read, decoded, augmented and batched.

`load` returns a `tf.data.Dataset`. `read` decodes a split into memory, and
`training_batches` and `evaluation_batches` make batches from it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from pipelines.errors import DataError, DataWarning
from pipelines.registry import DATA_SET_NAMES, DATA_SETS

if TYPE_CHECKING:
    from pipelines.batches import evaluation_batches, training_batches
    from pipelines.loader import load
    from pipelines.reader import read

__all__ = [
    "DATA_SETS",
    "DATA_SET_NAMES",
    "DataError",
    "DataWarning",
    "evaluation_batches",
    "load",
    "read",
    "training_batches",
]

# Imported on first access: importing `pipelines` must not import TensorFlow.
_LAZY_MODULES = {
    "evaluation_batches": "pipelines.batches",
    "load": "pipelines.loader",
    "read": "pipelines.reader",
    "training_batches": "pipelines.batches",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY_MODULES:
        return getattr(importlib.import_module(_LAZY_MODULES[name]), name)
    raise AttributeError(f"module 'pipelines' has no attribute {name!r}")

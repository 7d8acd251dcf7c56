"""SEAL, simulated annealing in early layers, and its family for Keras 3.

Nothing here imports TensorFlow until it is asked for, so that commands can
answer `--help` at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # What `_HOMES` says, for type checkers and editors.
    from seal_tf import models as models
    from seal_tf import optimizers as optimizers
    from seal_tf import schedules as schedules
    from seal_tf.fast_ops.callback import FastOps as FastOps
    from seal_tf.training.board import GenerationBoard as GenerationBoard
    from seal_tf.training.callback import (
        GenerationCallback as GenerationCallback,
    )
    from seal_tf.training.methods import (
        AnnealedAscentCallback as AnnealedAscentCallback,
    )
    from seal_tf.training.methods import FreezeOutCallback as FreezeOutCallback
    from seal_tf.training.methods import LLFCallback as LLFCallback
    from seal_tf.training.methods import SEALCallback as SEALCallback
    from seal_tf.training.methods import SnapshotCallback as SnapshotCallback
    from seal_tf.training.model import SEALModel as SEALModel
    from seal_tf.training.model import SEALTrainStep as SEALTrainStep

__version__ = "0.1.0"

_HOMES = {
    "FastOps": "seal_tf.fast_ops.callback",
    "AnnealedAscentCallback": "seal_tf.training.methods",
    "FreezeOutCallback": "seal_tf.training.methods",
    "LLFCallback": "seal_tf.training.methods",
    "SEALCallback": "seal_tf.training.methods",
    "SnapshotCallback": "seal_tf.training.methods",
    "GenerationBoard": "seal_tf.training.board",
    "GenerationCallback": "seal_tf.training.callback",
    "SEALModel": "seal_tf.training.model",
    "SEALTrainStep": "seal_tf.training.model",
    "models": None,
    "optimizers": None,
    "schedules": None,
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'seal_tf' has no attribute {name!r}")
    home = _HOMES[name]
    if home is None:
        return importlib.import_module(f"seal_tf.{name}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])

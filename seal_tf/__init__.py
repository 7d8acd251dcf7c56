"""Train longer on the data you have and get a better network for it.

Nothing here imports TensorFlow until it is asked for, so that commands can
answer `--help` at once.
"""

import importlib

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


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'seal_tf' has no attribute {name!r}")
    home = _HOMES[name]
    if home is None:
        return importlib.import_module(f"seal_tf.{name}")
    return getattr(importlib.import_module(home), name)


def __dir__():
    return sorted([*globals(), *_HOMES])

"""SEAL (simulated annealing in early layers) and related methods for Keras 3.

Importing this package imports neither Keras nor TensorFlow; the first use of
a name does. Commands can therefore answer `--help` at once. As soon as both
this package and Keras are imported, in either order, Keras can load files that
contain the package's classes.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
from typing import TYPE_CHECKING, Any

from seal_tf.utils.import_hook import call_after_import

if TYPE_CHECKING:
    # The same names as in `_MODULES`, for type checkers and editors.
    from seal_tf import models as models
    from seal_tf import optimizers as optimizers
    from seal_tf import schedules as schedules
    from seal_tf.callbacks.annealed_ascent import (
        AnnealedAscentCallback as AnnealedAscentCallback,
    )
    from seal_tf.callbacks.distill import DistillCallback as DistillCallback
    from seal_tf.callbacks.fast_ops import FastOps as FastOps
    from seal_tf.callbacks.freezeout import (
        FreezeOutCallback as FreezeOutCallback,
    )
    from seal_tf.callbacks.generation import (
        GenerationCallback as GenerationCallback,
    )
    from seal_tf.callbacks.l2_schedule import (
        L2ScheduleCallback as L2ScheduleCallback,
    )
    from seal_tf.callbacks.layer_rates import (
        LayerRatesCallback as LayerRatesCallback,
    )
    from seal_tf.callbacks.llf import LLFCallback as LLFCallback
    from seal_tf.callbacks.sam import SAMCallback as SAMCallback
    from seal_tf.callbacks.seal import SEALCallback as SEALCallback
    from seal_tf.callbacks.shrink_perturb import (
        ShrinkPerturbCallback as ShrinkPerturbCallback,
    )
    from seal_tf.callbacks.snapshot import SnapshotCallback as SnapshotCallback
    from seal_tf.callbacks.swa import SWACallback as SWACallback
    from seal_tf.callbacks.tensorboard import (
        GenerationTensorBoard as GenerationTensorBoard,
    )
    from seal_tf.callbacks.unbiased_batch_norm import (
        UnbiasedBatchNorm as UnbiasedBatchNorm,
    )
    from seal_tf.training.reinitialize import reinitialize as reinitialize
    from seal_tf.training.seal_model import SEALModel as SEALModel
    from seal_tf.training.seal_model import SEALTrainStep as SEALTrainStep

__version__ = "0.1.0"

#: The module of each public name; None for a module of this package.
_MODULES = {
    "AnnealedAscentCallback": "seal_tf.callbacks.annealed_ascent",
    "DistillCallback": "seal_tf.callbacks.distill",
    "FastOps": "seal_tf.callbacks.fast_ops",
    "FreezeOutCallback": "seal_tf.callbacks.freezeout",
    "GenerationCallback": "seal_tf.callbacks.generation",
    "GenerationTensorBoard": "seal_tf.callbacks.tensorboard",
    "L2ScheduleCallback": "seal_tf.callbacks.l2_schedule",
    "LLFCallback": "seal_tf.callbacks.llf",
    "LayerRatesCallback": "seal_tf.callbacks.layer_rates",
    "SAMCallback": "seal_tf.callbacks.sam",
    "SEALCallback": "seal_tf.callbacks.seal",
    "SEALModel": "seal_tf.training.seal_model",
    "SEALTrainStep": "seal_tf.training.seal_model",
    "ShrinkPerturbCallback": "seal_tf.callbacks.shrink_perturb",
    "SWACallback": "seal_tf.callbacks.swa",
    "SnapshotCallback": "seal_tf.callbacks.snapshot",
    "UnbiasedBatchNorm": "seal_tf.callbacks.unbiased_batch_norm",
    "models": None,
    "optimizers": None,
    "reinitialize": "seal_tf.training.reinitialize",
    "schedules": None,
}

#: Modules of `seal_tf.callbacks` that work on one backend of Keras only.
_REQUIRED_BACKENDS = {"fast_ops": "tensorflow"}

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name, _callback_module(name))
    if module == "":
        raise AttributeError(f"module 'seal_tf' has no attribute {name!r}")
    if module is None:
        return importlib.import_module(f"seal_tf.{name}")
    return getattr(importlib.import_module(module), name)


def _callback_module(name: str) -> str:
    """Return the module of `XyzCallback`, callbacks/xyz.py; "" if none."""
    words = re.findall("[A-Z]+[a-z0-9]*", name.removesuffix("Callback"))
    module = f"seal_tf.callbacks.{'_'.join(words).lower()}"
    if not name.endswith("Callback") or not words:
        return ""
    return module if importlib.util.find_spec(module) else ""


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])


def _register_serializable_classes() -> None:
    """Import the modules whose classes are in saved files.

    Their decorators register the classes with Keras. With a backend that is
    not supported, nothing is imported.
    """
    import keras

    if (
        keras.config.backend()
        not in importlib.import_module("seal_tf.backends").BACKENDS
    ):
        return
    callbacks = importlib.import_module("seal_tf.callbacks")
    for module in pkgutil.iter_modules(callbacks.__path__):
        required = _REQUIRED_BACKENDS.get(module.name)
        if required in (None, keras.config.backend()):
            importlib.import_module(f"seal_tf.callbacks.{module.name}")
    importlib.import_module("seal_tf.optimizers")
    importlib.import_module("seal_tf.training.seal_model")


call_after_import("keras", _register_serializable_classes)

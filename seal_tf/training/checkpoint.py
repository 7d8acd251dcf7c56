"""The state of a run at an epoch's end, in one file that is never half."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np

from seal_tf.files import replaced


def save(path, model, *, epoch: int, best=None, extra=None) -> None:
    """Writes weights and optimizer of a model, and its best weights.

    Args:
        path: The `.npz` file; written beside and renamed.
        model: The compiled model, its optimizer built.
        epoch: Epochs done.
        best: Weights of the best epoch, or None.
        extra: What else is to be kept; JSON.
    """
    arrays = {
        **_named("model", [v.numpy() for v in _state(model)]),
        **_named("optimizer", [v.numpy() for v in model.optimizer.variables]),
        **_named("best", best or []),
    }
    head = {"epoch": epoch, "extra": extra or {}}
    arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    with replaced(path) as file:
        np.savez(file, **arrays)


def load(path, model):
    """Puts a saved state into a compiled model of the same kind.

    Returns:
        (epochs done, best weights or None, extra).

    Raises:
        ValueError: the file is damaged, or of another model or optimizer.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        head = json.loads(arrays.pop("head").tobytes())
    except (zipfile.BadZipFile, EOFError, KeyError, OSError, ValueError) as e:
        raise ValueError(
            f"{path}: damaged checkpoint ({e}); delete it, and the run goes "
            "on from the one before."
        ) from e
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    for kind, variables in (
        ("model", _state(model)),
        ("optimizer", model.optimizer.variables),
    ):
        saved = _list(arrays, kind)
        shapes = [tuple(a.shape) for a in saved]
        if shapes != [tuple(v.shape) for v in variables]:
            raise ValueError(
                f"{path}: its {kind} has {len(saved)} variables of other "
                f"shapes than the {len(variables)} of this run's: it is a "
                "checkpoint of something else."
            )
        for variable, value in zip(variables, saved, strict=True):
            variable.assign(value)
    return head["epoch"], _list(arrays, "best") or None, head["extra"]


def latest(folder) -> Path | None:
    """The newest checkpoint of a folder."""
    found = sorted(Path(folder).glob("epoch_*.npz"))
    return found[-1] if found else None


def name(epoch: int) -> str:
    return f"epoch_{epoch:06d}.npz"


def _named(kind, arrays):
    return {f"{kind}_{i:05d}": a for i, a in enumerate(arrays)}


def _list(arrays, kind):
    return [arrays[n] for n in sorted(arrays) if n.startswith(kind + "_")]


def _state(model):
    """Weights and random states; not what metrics count within an epoch."""
    metrics = {id(v) for v in model.metrics_variables}
    return [v for v in model.variables if id(v) not in metrics]

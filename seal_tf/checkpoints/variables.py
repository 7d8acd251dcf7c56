"""Copy variables to NumPy arrays, check the arrays and assign them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import ml_dtypes
import numpy as np


def values(variables: Sequence[Any]) -> list[np.ndarray]:
    """Return copies of the values of variables, on the host.

    On PyTorch, `Variable.numpy()` and `model.get_weights()` share the memory
    of the variables.
    """
    return [np.array(keras.ops.convert_to_numpy(v)) for v in variables]


def assign(variables: Sequence[Any], arrays: Sequence[np.ndarray]) -> None:
    """Assign arrays from `values` to variables."""
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def check(
    kind: str, variables: Sequence[Any], arrays: Sequence[np.ndarray]
) -> None:
    """Check that arrays have the shapes and types of variables.

    Args:
        kind: What the variables are, for the message: "model", "optimizer".
        variables: The variables of this run.
        arrays: The arrays of a checkpoint.

    Raises:
        ValueError: If they differ.
    """
    shapes = [tuple(array.shape) for array in arrays]
    if shapes != [tuple(v.shape) for v in variables]:
        raise ValueError(
            f"The {kind} of the checkpoint has {len(arrays)} variables, whose "
            f"shapes differ from those of the {len(variables)} variables of "
            "this run: it is a checkpoint of another run."
        )
    for array, variable in zip(arrays, variables, strict=True):
        if array.dtype != _dtype(variable):
            raise ValueError(
                f"The {kind} of the checkpoint has type {array.dtype}, and "
                f"this run has {variable.dtype}: it is a checkpoint of another "
                "precision."
            )


def _dtype(variable: Any) -> np.dtype:
    name = keras.backend.standardize_dtype(variable.dtype)
    if name.startswith(("bfloat16", "float8")):
        # NumPy has these types from another package.
        return np.dtype(getattr(ml_dtypes, name))
    return np.dtype(name)

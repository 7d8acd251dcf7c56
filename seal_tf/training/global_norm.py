"""The Euclidean norm of several tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops


def global_norm(tensors: Sequence[Any], dtype: str = "float32") -> Any:
    """Return the Euclidean norm of tensors as one vector.

    Args:
        tensors: Dense tensors of any shapes, at least one.
        dtype: Type in which the norm is computed. Defaults to "float32".

    Returns:
        A scalar tensor.
    """
    squares = [ops.sum(ops.square(ops.cast(t, dtype))) for t in tensors]
    return ops.sqrt(sum(squares[1:], squares[0]))

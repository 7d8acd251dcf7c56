"""Share the chief's state with all workers."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from seal_tf.checkpoints.serialization import read_state, write_state
from seal_tf.checkpoints.state import RunState

if TYPE_CHECKING:
    from seal_tf.distribution.replicas import Replicas

_NONE, _STATE, _ERROR = b"n", b"s", b"e"


def broadcast_state(
    replicas: Replicas | None, load: Callable[[], RunState | None]
) -> RunState | None:
    """Load a state on the chief, and return it in every process.

    The other machines need no access to the chief's disk.

    Args:
        replicas: The replicas; None for a single process.
        load: Function that returns a state or None; called on the chief.

    Raises:
        ValueError: In every process, if `load` raises it.
    """
    if replicas is None or replicas.workers == 1:
        return load()
    message, load_error, state = None, None, None
    if replicas.chief:
        try:
            state = load()
            message = _NONE if state is None else _STATE + _to_bytes(state)
        except ValueError as error:
            load_error, message = error, _ERROR + str(error).encode()
    message = replicas.broadcast(message)
    if load_error is not None:
        raise load_error
    if message[:1] == _ERROR:
        raise ValueError(message[1:].decode())
    if replicas.chief or message[:1] == _NONE:
        return state
    return read_state(io.BytesIO(message[1:]))


def _to_bytes(state: RunState) -> bytes:
    file = io.BytesIO()
    write_state(state, file)
    return file.getvalue()

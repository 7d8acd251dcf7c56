"""What the chief finds on its disk, known to all."""

from __future__ import annotations

import contextlib
import io

import tensorflow as tf

from seal_tf.commands.flags import fail
from seal_tf.training import checkpoint

_NONE, _STATE, _REFUSED = b"n", b"s", b"e"


def state_for_all(replicas, find):
    """The state that the chief finds, or its refusal, in every process.

    Other machines need not see the chief's disk.

    Args:
        replicas: The `Replicas`; None: there is one process.
        find: Function that returns a `State` or None; asked on the chief.

    Raises:
        ValueError: what `find` raised, in every process.
    """
    if replicas is None or replicas.workers == 1:
        return find()
    said, refused, state = None, None, None
    if replicas.chief:
        try:
            state = find()
            said = _NONE if state is None else _STATE + _packed(state)
        except ValueError as error:
            refused, said = error, _REFUSED + str(error).encode()
    said = replicas.told(said)
    if refused is not None:
        raise refused
    if said[:1] == _REFUSED:
        raise ValueError(said[1:].decode())
    if replicas.chief or said[:1] == _NONE:
        return state
    return checkpoint.read(io.BytesIO(said[1:]))


def _packed(state):
    file = io.BytesIO()
    checkpoint.pack(state, file)
    return file.getvalue()


#: What TensorFlow says when another process has ended or says nothing.
_SIGNS = ("Collective ops is aborted", "heartbeat", "Socket closed", "grpc")


@contextlib.contextmanager
def machines_stay():
    """Ends the command in one line where another machine is gone."""
    try:
        yield
    except tf.errors.OpError as error:
        lines = [
            line
            for line in str(error).splitlines()
            if any(sign in line for sign in _SIGNS)
        ]
        if not lines:
            raise
        fail(
            "another machine has stopped or cannot be reached "
            f"({lines[0].strip()[:200]}): training stops. Start all of them "
            "again with the same command, and they go on from the last "
            "checkpoint."
        )

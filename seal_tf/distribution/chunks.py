"""Send bytes of any length from one process to all others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

#: Largest number of bytes that are sent at a time: it bounds the memory, and
#: numbers of all processes are int32.
CHUNK_BYTES = 2**28
_UNIT = 2**30


def split_size(size: int) -> tuple[int, int]:
    """Return a number of bytes as two numbers that fit in int32."""
    return divmod(size, _UNIT)


def broadcast_chunks(
    data: bytes,
    sum_numbers: Callable[[Sequence[int]], np.ndarray],
    send: Callable[[bytes, int], bytes],
) -> bytes:
    """Send bytes to all processes, a chunk at a time.

    Every process must call this.

    Args:
        data: The bytes, on the sender; empty elsewhere.
        sum_numbers: Returns the sums of int32 numbers over all processes.
        send: Sends a chunk, which is empty elsewhere, of so many bytes to all
            processes, and returns it.

    Returns:
        The bytes of the sender.
    """
    units, rest = sum_numbers(split_size(len(data)))
    size = int(units) * _UNIT + int(rest)
    return b"".join(
        send(data[start : start + CHUNK_BYTES], min(CHUNK_BYTES, size - start))
        for start in range(0, size, CHUNK_BYTES)
    )

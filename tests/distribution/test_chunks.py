"""Bytes of any length reach all processes."""

import numpy as np
import pytest

from seal_tf.distribution import chunks


@pytest.mark.parametrize("length", [0, 1, 4, 9])
def test_broadcast_chunks_returns_the_bytes_of_the_sender(length, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 4)
    content = bytes(range(length))
    sent = []

    def send(chunk, size):
        sent.append((chunk, size))
        return content[4 * len(sent) - 4 :][:size]

    def sum_numbers(numbers):
        return np.array(chunks.split_size(length), np.int32)

    # Another process has no bytes, and the size from all.
    assert chunks.broadcast_chunks(b"", sum_numbers, send) == content
    assert [size for _, size in sent] == [4] * (length // 4) + [1] * (
        length % 4
    )
    sent.clear()
    assert chunks.broadcast_chunks(content, sum_numbers, send) == content
    assert b"".join(chunk for chunk, _ in sent) == content


def test_split_size_of_several_gigabytes_fits_in_int32():
    units, rest = np.array(chunks.split_size(3_000_000_000), np.int32)
    assert int(units) * 2**30 + int(rest) == 3_000_000_000

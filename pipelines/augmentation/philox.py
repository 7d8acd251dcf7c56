"""TensorFlow's stateless random numbers, in NumPy.

The generator is Philox 4x32-10 (Salmon et al., "Parallel random numbers: as
easy as 1, 2, 3", SC 2011), which TensorFlow uses on CPUs and GPUs. Each
function returns the values of the function of TensorFlow that it names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

#: Rounds of the generator.
ROUNDS = 10
_MULTIPLIERS = np.array([0xD2511F53, 0xCD9E8D57], np.uint64)
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
# TensorFlow encrypts a seed with this key, so that similar seeds give
# independent numbers.
_SEED_KEY = (0x3EC8F720, 0x02461E29)


def random_bits(seed: Sequence[int] | np.ndarray, count: int) -> np.ndarray:
    """Draw uniform uint32 numbers: `StatelessRandomUniformFullInt`.

    Args:
        seed: Two integers.
        count: Number of values.

    Returns:
        uint32 values [count].
    """
    first, second = (int(number) % 2**64 for number in seed)
    block = np.array(
        [[first % 2**32], [first >> 32], [second % 2**32], [second >> 32]],
        np.uint64,
    )
    key_low, key_high, *counter = _encrypt(block, _SEED_KEY)[:, 0].tolist()
    blocks = np.zeros((4, math.ceil(count / 4)), np.uint64)
    blocks[0] = np.arange(blocks.shape[1])
    blocks[2:] = np.array(counter, np.uint64)[:, None]
    bits = _encrypt(blocks, (key_low, key_high))
    return bits.T.reshape(-1)[:count].astype(np.uint32)


def uniform_integers(
    seed: Sequence[int] | np.ndarray,
    shape: Sequence[int],
    low: int,
    high: int,
) -> np.ndarray:
    """Draw uniform integers: `tf.random.stateless_uniform` of int32.

    Args:
        seed: Two integers.
        shape: Shape of the result.
        low: Smallest value.
        high: Exclusive upper bound.

    Returns:
        int32 values in [low, high).

    Example:
        >>> from pipelines.augmentation.philox import uniform_integers
        >>> uniform_integers((5, 1), (4,), 0, 9).tolist()
        [2, 0, 4, 6]
    """
    bits = random_bits(seed, math.prod(shape))
    return (low + (bits % np.uint32(high - low)).astype(np.int32)).reshape(
        shape
    )


def fold_in(
    seed: Sequence[int] | np.ndarray, number: np.int32 | np.int64
) -> np.ndarray:
    """Combine a seed with a number: `tf.random.fold_in`.

    Args:
        seed: Two integers.
        number: The number. Its type is that of the result.

    Returns:
        Two integers.
    """
    # An int64 takes two draws, the lower bits first.
    count = number.dtype.itemsize // 4
    bits = random_bits(seed, count).view(number.dtype)
    return np.array([bits[0], number])


def split(seed: Sequence[int] | np.ndarray, count: int = 2) -> np.ndarray:
    """Derive independent seeds: `tf.random.split` of an int32 seed.

    Args:
        seed: Two integers.
        count: Number of seeds. Defaults to 2.

    Returns:
        int32 seeds [count, 2].
    """
    return random_bits(seed, 2 * count).view(np.int32).reshape(count, 2)


def permutation(seed: Sequence[int] | np.ndarray, count: int) -> np.ndarray:
    """Permute 0 to count - 1: `tf.random.experimental.stateless_shuffle`.

    Args:
        seed: Two integers.
        count: Number of values.

    Returns:
        int64 values [count].

    Example:
        >>> from pipelines.augmentation.philox import permutation
        >>> permutation((5, 1), 10).tolist()
        [6, 1, 7, 0, 4, 9, 8, 3, 5, 2]
    """
    # The shuffle of Fisher and Yates. Each swap depends on those before it.
    remaining = np.arange(count, 1, -1, dtype=np.uint32)
    offsets = (random_bits(seed, len(remaining)) % remaining).tolist()
    order = list(range(count))
    for position, offset in enumerate(offsets):
        other = position + offset
        order[position], order[other] = order[other], order[position]
    return np.array(order, np.int64)


def _encrypt(blocks: np.ndarray, key: tuple[int, int]) -> np.ndarray:
    """Encrypt blocks of four 32-bit numbers, uint64 [4, blocks]."""
    first, second, third, fourth = blocks
    low, high = key
    for _ in range(ROUNDS):
        product_first = first * _MULTIPLIERS[0]
        product_third = third * _MULTIPLIERS[1]
        first, second, third, fourth = (
            (product_third >> _SHIFT) ^ second ^ np.uint64(low),
            product_third & _LOW,
            (product_first >> _SHIFT) ^ fourth ^ np.uint64(high),
            product_first & _LOW,
        )
        low = (low + _KEY_STEPS[0]) % 2**32
        high = (high + _KEY_STEPS[1]) % 2**32
    return np.stack([first, second, third, fourth])

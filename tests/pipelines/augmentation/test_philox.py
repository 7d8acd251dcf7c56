"""The random numbers of TensorFlow, in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.augmentation import philox

SEEDS = [
    (0, 0),
    (1, 0),
    (0, 1),
    (12345, 678),
    (2**31 - 1, 2**31 - 1),
    (-1, -(2**31)),
    *np.random.default_rng(0).integers(0, 2**31, (20, 2)).tolist(),
]


def test_philox_gives_the_published_numbers():
    # The known answers of the authors' library, Random123.
    zeros = philox._encrypt(np.zeros((4, 1), np.uint64), (0, 0))
    assert zeros[:, 0].tolist() == [
        0x6627E8D5,
        0xE169C58D,
        0xBC57AC4C,
        0x9B00DBD8,
    ]
    ones = philox._encrypt(
        np.full((4, 1), 2**32 - 1, np.uint64), (2**32 - 1, 2**32 - 1)
    )
    assert ones[:, 0].tolist() == [
        0x408F276D,
        0x41C83B0E,
        0xA20BC7C6,
        0x6D5451FD,
    ]


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_integers_equal_tensorflow(dtype):
    for seed in SEEDS:
        key = np.array(seed, dtype)
        for shape in ((), (1,), (3, 2), (1000, 2), (7, 1, 1, 1)):
            for low, high in ((0, 2), (0, 9), (-3, 4), (0, 1 << 23)):
                np.testing.assert_array_equal(
                    philox.uniform_integers(key, shape, low, high),
                    tf.random.stateless_uniform(
                        shape, key, low, high, tf.int32
                    ),
                )


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_fold_in_equals_tensorflow(dtype):
    for seed in SEEDS:
        for number in (0, 1, 77, 2**31 - 1):
            folded = philox.fold_in(seed, dtype(number))
            expected = tf.random.fold_in(
                tf.constant(seed, tf.int32), tf.constant(number, dtype)
            )
            assert folded.dtype == dtype
            np.testing.assert_array_equal(folded, expected)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_split_equals_tensorflow(count):
    for seed in SEEDS:
        np.testing.assert_array_equal(
            philox.split(seed, count),
            tf.random.split(tf.constant(seed, tf.int32), count),
        )


@pytest.mark.parametrize("count", [1, 2, 5, 1442, 20000])
def test_permutation_equals_tensorflow(count):
    for seed in SEEDS if count < 20000 else SEEDS[:3]:
        for dtype in (tf.int32, tf.int64):
            np.testing.assert_array_equal(
                philox.permutation(seed, count),
                tf.random.experimental.stateless_shuffle(
                    tf.range(count), tf.constant(seed, dtype)
                ),
            )

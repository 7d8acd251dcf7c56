"""Keys and uniform numbers."""

import numpy as np
import tensorflow as tf

from pipelines.augmentation import seeds


def test_step_seed_each_argument_changes_the_key():
    keys = {
        tuple(seeds.step_seed(*arguments).numpy().tolist())
        for arguments in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))
    }
    assert len(keys) == 4
    assert all(number >= 0 for key in keys for number in key)


def test_split_seed_keys_are_distinct_and_not_negative():
    keys = seeds.split_seed(seeds.step_seed(0, 3, 4), 8).numpy()
    assert keys.shape == (8, 2)
    assert keys.dtype == np.int32
    assert (keys >= 0).all()
    assert len({tuple(key) for key in keys}) == 8


def test_uniform_numbers_are_in_the_interval():
    numbers = seeds.uniform(tf.constant([1, 2]), (2000,), -1.0, 3.0).numpy()
    assert numbers.dtype == np.float32
    assert -1 <= numbers.min() < -0.98
    assert 2.98 < numbers.max() < 3
    assert abs(numbers.mean() - 1) < 0.1

"""RandAugment: draws, and equality of its two implementations."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.augmentation.randaugment import OPERATIONS, randaugment
from tests.pipelines.augmentation.samples import KEY, PIXELS


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation_empty_batch_returns_empty_batch(operation):
    """Without XLA, an operation gets only the images that drew it."""
    empty = tf.function(operation)(tf.zeros((0, 12, 10, 3)), tf.zeros((0,)))
    assert empty.shape == (0, 12, 10, 3)


def test_randaugment_equal_images_draw_different_operations():
    assert len(OPERATIONS) == 14
    repeated = np.repeat(PIXELS[:1], 60, 0)
    augmented = randaugment(tf.constant(repeated), 1, 9, KEY).numpy()
    variants = {image.tobytes() for image in augmented}
    # There are fourteen operations, and most of them have two signs.
    assert 10 < len(variants) <= 26


def test_randaugment_with_and_without_xla_agree():
    repeated = np.repeat(PIXELS[:1], 60, 0)
    sparse = randaugment(tf.constant(repeated), 2, 9, KEY, xla=False)
    dense = randaugment(tf.constant(repeated), 2, 9, KEY)
    np.testing.assert_allclose(sparse, dense, atol=1e-3)


def test_randaugment_zero_operations_returns_the_images():
    repeated = np.repeat(PIXELS[:1], 60, 0)
    np.testing.assert_array_equal(
        randaugment(tf.constant(repeated), 0, 9, KEY), repeated
    )

"""Batches, with padding on TensorFlow."""

import numpy as np
import pytest

from seal_tf.backends import get_backend

tf = pytest.importorskip("tensorflow")


@pytest.mark.tensorflow
def test_unpack_batch_without_padding_keeps_the_weights():
    x, y = tf.ones((3, 2)), tf.constant([0, 1, 2])
    batch = get_backend().unpack_batch(
        (x, y, tf.constant([0.0, 1.0, 2.0])), padded=False
    )
    assert batch.weights.numpy().tolist() == [0, 1, 2]
    assert int(batch.count) == 3
    assert batch.select_real is None
    assert batch.real_images(x, None) == (x, None)
    assert get_backend().unpack_batch({"a": x}, padded=False).y is None


@pytest.mark.tensorflow
def test_unpack_batch_with_padding_makes_the_mean_that_of_real_images():
    x, y = tf.ones((4, 2)), tf.constant([0, 1, 2, 0])
    losses = np.array([1.0, 2.0, 9.0, 100.0])
    batch = get_backend().unpack_batch(
        (x, y, tf.constant([1.0, 1.0, 1.0, 0.0])), padded=True
    )
    assert float(batch.count) == 3
    np.testing.assert_allclose(np.mean(losses * batch.weights), 4, rtol=1e-6)


@pytest.mark.tensorflow
def test_real_images_drops_the_padding():
    x, y = tf.reshape(tf.range(6), (3, 2)), tf.constant([5, 6, 7])
    batch = get_backend().unpack_batch(
        (x, y, tf.constant([2.0, 0.0, 0.5])), padded=True
    )
    real_x, real_y, missing = batch.real_images(x, {"a": y}, None)
    assert real_x.numpy().tolist() == [[0, 1], [4, 5]]
    assert real_y["a"].numpy().tolist() == [5, 7]
    assert missing is None

"""The norm of several tensors."""

import keras
import numpy as np

from seal_tf.training.global_norm import global_norm


def test_global_norm_is_that_of_one_vector():
    tensors = [keras.ops.ones((2, 2)), keras.ops.full((3,), 2.0)]
    norm = keras.ops.convert_to_numpy(global_norm(tensors))
    np.testing.assert_allclose(norm, 4.0, rtol=1e-6)
    assert norm.dtype == np.float32

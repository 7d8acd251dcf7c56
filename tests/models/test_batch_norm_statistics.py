"""New statistics of BatchNormalization."""

import keras
import numpy as np
import pytest

from seal_tf.models.batch_norm_statistics import update_batch_norm_statistics


def _model():
    norm = keras.layers.BatchNormalization(momentum=0.9)
    model = keras.Sequential([keras.Input((3,)), norm, keras.layers.Dense(2)])
    return model, norm


def test_update_sets_the_mean_over_batches():
    model, norm = _model()
    rng = np.random.default_rng(0)
    batches = [rng.normal(size=(4, 3)).astype("float32") for _ in range(3)]
    update_batch_norm_statistics(model, [(x, None) for x in batches])
    mean = np.mean([x.mean(0) for x in batches], 0)
    variance = np.mean([x.var(0) for x in batches], 0)
    to_numpy = keras.ops.convert_to_numpy
    np.testing.assert_allclose(to_numpy(norm.moving_mean), mean, rtol=1e-4)
    np.testing.assert_allclose(
        to_numpy(norm.moving_variance), variance, rtol=1e-4
    )
    assert norm.momentum == 0.9


def test_update_without_a_batch_raises():
    model, norm = _model()
    with pytest.raises(ValueError, match="at least one batch"):
        update_batch_norm_statistics(model, [])
    assert norm.momentum == 0.9

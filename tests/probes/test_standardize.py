import numpy as np

from seal_tf.probes.standardize import standardization


def test_standardization_is_that_of_numpy():
    features = np.random.default_rng(0).normal(3, 2, (50, 4))
    mean, deviation = standardization(features.astype("f4"))
    np.testing.assert_allclose(mean, features.mean(0), rtol=1e-6)
    np.testing.assert_allclose(deviation, features.std(0), rtol=1e-6)


def test_standardization_of_many_constant_values_divides_by_one():
    """A sum in float32 has an error that would become the feature."""
    features = np.full((100_000, 2), np.float16(0.1), np.float32)
    features[:, 1] = 0
    assert features.std(0)[0] > 0
    mean, deviation = standardization(features)
    assert deviation.tolist() == [1, 1]
    np.testing.assert_array_equal(mean, features[0])

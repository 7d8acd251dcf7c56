"""Zero mean and unit deviation of features, as probes need them."""

from __future__ import annotations

import numpy as np

#: A feature whose deviation is below this fraction of its mean is constant:
#: rounding of its values, such as those of float16, makes no information.
_CONSTANT = 1e-6


def standardization(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what standardizes features: (x - mean) / deviation.

    Args:
        features: [examples, features], of the training part.

    Returns:
        (mean, deviation), float32 [features]. The deviation of a constant
        feature is 1.

    Example:
        >>> import numpy as np
        >>> from seal_tf.probes.standardize import standardization
        >>> mean, deviation = standardization(np.array([[1.0, 3], [3, 3]]))
        >>> mean.tolist(), deviation.tolist()
        ([2.0, 3.0], [1.0, 1.0])
    """
    # Sums of many float32 values would round.
    mean = features.mean(0, dtype=np.float64)
    deviation = features.std(0, dtype=np.float64)
    deviation[deviation <= _CONSTANT * np.abs(mean)] = 1
    return mean.astype(np.float32), deviation.astype(np.float32)

"""The number of threads of numerical libraries."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from seal_tf.utils.threads import SMALL_PRODUCT, limit_threads

# NumPy has loaded its BLAS.
assert np.ones((2, 2)) @ np.ones(2) is not None


def count_threads():
    """Return the numbers of threads of all loaded libraries."""
    return {library["num_threads"] for library in threadpool_info()}


@pytest.mark.parametrize(
    ("product_size", "expected"), [(SMALL_PRODUCT, 1), (SMALL_PRODUCT + 1, 2)]
)
def test_limit_threads_is_for_small_products_only(product_size, expected):
    with threadpool_limits(2):
        with limit_threads(product_size):
            assert count_threads() == {expected}
        assert count_threads() == {2}

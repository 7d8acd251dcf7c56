"""Limit the threads of numerical libraries."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

#: Products of up to this many multiplications take one thread less than a
#: second. Threads that wait for each other cost more than they save there.
SMALL_PRODUCT = 10**10


@contextlib.contextmanager
def limit_threads(product_size: int) -> Iterator[None]:
    """Use one thread in BLAS and OpenMP if the products are small.

    The threads of BLAS wait in a busy loop for each other. On a machine whose
    cores have other work, a fit of many small products spends most of its
    time in these loops. The limit affects libraries that are loaded already,
    so import what computes first.

    Args:
        product_size: Multiplications in the largest matrix product. Above
            `SMALL_PRODUCT` there is no limit.

    Example:
        >>> import numpy as np
        >>> from seal_tf.utils.threads import limit_threads
        >>> x = np.ones((100, 20))
        >>> with limit_threads(product_size=x.size * 20):
        ...     gram = x.T @ x
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1 if product_size <= SMALL_PRODUCT else None):
        yield

"""End one process of several without waiting for the others."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator

from seal_tf.cli.train.cluster import Cluster
from seal_tf.cli.train.jax_cluster import JaxCluster
from seal_tf.cli.train.stop_request import Stopped


@contextlib.contextmanager
def exit_without_others(cluster: Cluster | JaxCluster) -> Iterator[None]:
    """Exit at once if this process of a JAX cluster ends before the others.

    At a normal exit JAX waits for the others, which wait for this process.

    Args:
        cluster: The processes that train together.
    """
    try:
        yield
    except BaseException as error:
        alone = not (isinstance(error, Stopped) and error.all_processes)
        if isinstance(cluster, JaxCluster) and cluster.size > 1 and alone:
            code = _report(error)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        raise


def _report(error: BaseException) -> int:
    """Print an error as Python would, and return the exit code."""
    if isinstance(error, Stopped):
        return error.report()
    if isinstance(error, SystemExit) and isinstance(error.code, int | None):
        return error.code or 0
    traceback.print_exception(error)
    return 1

"""Fixtures of all tests."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import atexit
import gc
import random
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

#: The backend of Keras in this process.
BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
if BACKEND != "tensorflow":
    # These import what works on TensorFlow only.
    collect_ignore_glob = [
        "backends/test_tensorflow.py",
        "benchmarks/*",
        "callbacks/test_fast_ops.py",
        "callbacks/test_unbiased_batch_norm.py",
        "cli/*",
        "compat/*",
        "distribution/test_*worker.py",
        "distribution/test_tensorflow.py",
        "fast_ops/*",
        "models/*",
        "pipelines/*",
        "probes/*",
        "reports/*",
        "studies/*",
        "test_*.py",
        "training/test_private_api.py",
        "utils/*",
    ]
for name in {"tensorflow", "jax", "torch"} - {BACKEND}:
    # The file of a backend imports it.
    if name != "tensorflow":
        collect_ignore_glob = [
            *globals().get("collect_ignore_glob", ()),
            f"backends/test_{name}.py",
        ]


def pytest_collection_modifyitems(items):
    """Skip tests of another backend."""
    for item in items:
        for name in {"tensorflow", "jax", "torch"} - {BACKEND}:
            if name in item.keywords and item.get_closest_marker(name):
                item.add_marker(
                    pytest.mark.skip(reason=f"a test of Keras on {name}")
                )


# Measurements of the user's runs must not change what tests compute, nor the
# other way round. Processes that tests start inherit the folder.
_CACHE = tempfile.mkdtemp(prefix="seal_tf_tests_")
os.environ["XDG_CACHE_HOME"] = _CACHE
atexit.register(shutil.rmtree, _CACHE, ignore_errors=True)

PHOTOS = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def photos():
    """The folder of the real photographs; the test skips without it."""
    if not PHOTOS.is_dir():
        pytest.skip(f"no real photographs at {PHOTOS}")
    return PHOTOS


@pytest.fixture(autouse=True)
def _fresh_keras():
    """Isolate each test from the seed, names and precision of others.

    Without Keras in the process, this fixture does not import it.
    """
    random.seed(1)
    np.random.seed(1)
    if "keras" in sys.modules:
        import keras

        keras.utils.set_random_seed(1)
        # Freeing memory would run the garbage collector: a second a test.
        keras.utils.clear_session(free_memory=False)
    yield
    if "keras" in sys.modules:
        import keras

        if keras.config.dtype_policy().name != "float32":
            keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="module", autouse=True)
def _quick_garbage_collection():
    """Keep the collector from visiting what earlier modules left.

    Functions that TensorFlow traced stay in memory. With those of a thousand
    tests, one collection takes 20 seconds.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture
def deterministic():
    """Use deterministic TensorFlow operations during the test."""
    from tests.determinism import op_determinism

    with op_determinism():
        yield


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """The work directory of a finished run of SEAL."""
    from tests.cli.runs import FINISHED, run

    workdir = tmp_path_factory.mktemp("run") / "seal"
    assert run(workdir, *FINISHED) == 0
    return workdir


@pytest.fixture
def make_run(finished_run, tmp_path):
    """Create runs like the finished one, with other flags and results."""

    from tests.cli.runs import derive_run

    def make(name, accuracies, entries=None, **flags):
        folder = tmp_path / name
        return derive_run(finished_run, folder, accuracies, entries, **flags)

    return make

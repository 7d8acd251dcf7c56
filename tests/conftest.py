"""What all tests share."""

import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from pathlib import Path

import pytest

PHOTOS = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def photos():
    """Folder of the real photographs; skips where it is not."""
    if not PHOTOS.is_dir():
        pytest.skip(f"no real photographs at {PHOTOS}")
    return PHOTOS


@pytest.fixture(autouse=True)
def _fresh_keras():
    """No test sees another's seed, names or precision."""
    import keras

    keras.utils.set_random_seed(1)
    keras.backend.clear_session()
    yield
    keras.config.set_dtype_policy("float32")


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

    def make(name, accuracies, **flags):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        summary = json.loads((finished_run / "summary.json").read_text())
        summary["flags"] |= flags
        for key in ("method", "seed", "dataset"):
            summary[key] = summary["flags"][key]
        for generation, accuracy in zip(
            summary["generations"], accuracies, strict=True
        ):
            generation["val_accuracy_last"] = accuracy
        summary["last"]["val_accuracy"] = accuracies[-1]
        (folder / "summary.json").write_text(json.dumps(summary))
        lines = (finished_run / "metrics.jsonl").read_text()
        (folder / "metrics.jsonl").write_text(lines)
        return folder

    return make

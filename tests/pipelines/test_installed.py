"""Which packages are installed, and what needs them."""

import sys

import pytest

import pipelines
from pipelines.errors import DataError
from pipelines.installed import has_tensorflow


def test_has_tensorflow_looks_without_importing(monkeypatch):
    assert has_tensorflow()
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert not has_tensorflow()


def test_prepared_data_without_tensorflow_is_refused_by_name(
    tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    version = tmp_path / "cifar10" / "3.0.2"
    version.mkdir(parents=True)
    (version / "features.json").write_text("{}")
    with pytest.raises(DataError, match="cifar10 as TensorFlow Datasets"):
        pipelines.read("cifar10", "train", data_dir=tmp_path)

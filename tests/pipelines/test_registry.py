"""The registry of data sets."""

import importlib
import subprocess
import sys

import pytest

from pipelines import DATA_SET_NAMES, DATA_SETS, DataError
from pipelines.registry import get_data_set


@pytest.mark.parametrize("name", DATA_SET_NAMES)
def test_data_set_has_a_source_and_a_license_if_it_can_be_prepared(name):
    data_set = DATA_SETS[name]
    assert data_set.name == name
    source = importlib.import_module(f"pipelines.sources.{data_set.source}")
    assert hasattr(source, "read_split") != hasattr(source, "open_split")
    if data_set.can_be_prepared:
        assert data_set.license
        assert data_set.homepage.startswith("http")
        assert data_set.archives


def test_import_pipelines_does_not_import_tensorflow_or_numpy():
    code = (
        "import sys, pipelines; "
        "sys.exit(bool({'tensorflow', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("CIFAR-10", "cifar10"),
        ("tiny-imagenet", "tiny_imagenet"),
        ("flowers", "flowers102"),
        ("imagefolder", "image_folder"),
        ("svnh", "svhn"),
    ],
)
def test_get_data_set_unknown_name_suggests_the_nearest(name, nearest):
    with pytest.raises(DataError, match=f"Did you mean '{nearest}'") as caught:
        get_data_set(name)
    assert f"Received: name='{name}'" in str(caught.value)
    assert get_data_set(nearest).name == nearest


def test_get_data_set_name_like_no_other_has_no_suggestion():
    with pytest.raises(DataError, match="Received: name='xyz'.$"):
        get_data_set("xyz")

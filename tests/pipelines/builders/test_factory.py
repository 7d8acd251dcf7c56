"""Creation of builders, and the check for prepared data."""

import pytest

from pipelines import DATA_SETS
from pipelines.builders.factory import create_builder, is_prepared


@pytest.mark.parametrize("name", ["cifar10", "flowers102", "tiny_imagenet"])
def test_create_builder_data_set_has_its_folder(tmp_path, name):
    data_set = DATA_SETS[name]
    builder = create_builder(tmp_path, data_set)
    assert builder.name == data_set.prepared_folder


def test_is_prepared_needs_the_features_file(tmp_path):
    data_set = DATA_SETS["tiny_imagenet"]
    assert not is_prepared(tmp_path / "none", data_set)
    assert not is_prepared(tmp_path, data_set)
    version = tmp_path / "tiny_imagenet" / "1.0.0"
    version.mkdir(parents=True)
    assert not is_prepared(tmp_path, data_set)
    (version / "features.json").write_text("{}")
    assert is_prepared(tmp_path, data_set)

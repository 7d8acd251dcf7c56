"""Data sets that TFDS prepared, read from mocked records."""

from pathlib import Path

import pytest
import tensorflow_datasets as tfds

import pipelines
from pipelines import DATA_SETS
from pipelines.builders.factory import create_builder
from pipelines.errors import DataNotPreparedError
from pipelines.sources import prepared
from tests.pipelines.fakes import image_folder_files, write_files


@pytest.mark.parametrize(
    "name", [n for n, d in DATA_SETS.items() if d.tfds_name is not None]
)
def test_open_split_mocked_records_have_classes_and_images(
    tmp_path, monkeypatch, name
):
    data_set = DATA_SETS[name]
    monkeypatch.setattr(prepared, "is_prepared", lambda *_: True)
    with tfds.testing.mock_data(num_examples=40):
        splits = {
            split: prepared.open_split(
                split,
                data_dir=tmp_path,
                data_set=data_set,
                split_fraction=None,
            )
            for split in ("train", "validation")
        }
        train = splits["train"]
        label = create_builder(tmp_path, data_set).info.features["label"]
        assert list(train.keys_by_class) == label.names
        keys = [k for images in train.keys_by_class.values() for k in images]
        streamed = dict(train.stream_bytes(keys[:3]))
        assert sorted(streamed) == [0, 1, 2]
        assert streamed[1] == train.read_bytes(keys[1])
    counts = [
        sum(map(len, split.keys_by_class.values())) for split in splits.values()
    ]
    if data_set.validation_fraction:
        assert sum(counts) == 40
    else:
        assert counts[1] == 40


def test_fingerprint_changes_with_the_records(tmp_path, monkeypatch):
    """Data may be prepared again in the same folder."""
    file = tmp_path / "data" / "x.tfrecord"
    file.parent.mkdir()
    file.write_bytes(b"1")
    first = prepared._fingerprint(file.parent)
    monkeypatch.chdir(tmp_path)
    assert prepared._fingerprint(Path("data")) == first
    file.write_bytes(b"12")
    assert prepared._fingerprint(file.parent) != first


def test_read_not_prepared_raises_with_data_set_and_folder(tmp_path):
    with pytest.raises(DataNotPreparedError, match="not prepared") as caught:
        pipelines.read("cifar10", "train", data_dir=tmp_path)
    assert caught.value.data_set_name == "cifar10"
    assert caught.value.data_dir == str(tmp_path)
    message = "`data_dir` must be the folder in which svhn was prepared"
    with pytest.raises(DataNotPreparedError, match=message) as caught:
        pipelines.read("svhn", "train")
    assert caught.value.data_set_name == "svhn"
    assert caught.value.data_dir is None


def test_read_class_folders_in_place_of_prepared_data(tmp_path):
    path = write_files(image_folder_files("test"), tmp_path / "d")
    images = pipelines.read("cifar10", "validation", data_dir=path)
    assert len(images) == 2
    assert images.name == "cifar10 validation"
    message = "`split_fraction` must be None: cifar10 has splits of its own"
    with pytest.raises(pipelines.DataError, match=message):
        pipelines.read("cifar10", "train", data_dir=path, split_fraction=0.2)

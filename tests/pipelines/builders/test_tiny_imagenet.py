"""The builder of Tiny-ImageNet on a generated archive."""

import pytest
import tensorflow_datasets as tfds

from pipelines.builders.tiny_imagenet import TinyImagenet
from pipelines.errors import DataError
from tests.pipelines.builders.cases import GeneratedArchives
from tests.pipelines.fakes import (
    jpeg,
    write_files,
    write_tiny_imagenet_archive,
)


class TinyImagenetTest(GeneratedArchives, tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = TinyImagenet
    WRITE_ARCHIVES = staticmethod(write_tiny_imagenet_archive)
    SPLITS = {"train": 9, "validation": 6}
    DL_DOWNLOAD_RESULT = {"tiny-imagenet-200.zip": "tiny-imagenet-200.zip"}


def test_validation_examples_listed_image_is_missing_raises(tmp_path):
    path = write_files({"t/val/images/a.JPEG": jpeg(1)}, tmp_path / "a.zip")
    builder = TinyImagenet(data_dir=str(tmp_path))
    labels = {"a.JPEG": "n01", "b.JPEG": "n02"}
    with pytest.raises(DataError, match=r"no val/images/b\.JPEG, which"):
        list(builder._validation_examples(path, labels))

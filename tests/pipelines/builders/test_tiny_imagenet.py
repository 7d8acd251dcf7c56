"""The builder of Tiny-ImageNet on a generated archive."""

import tensorflow_datasets as tfds

from pipelines.builders.tiny_imagenet import TinyImagenet
from tests.pipelines.builders.cases import GeneratedArchives
from tests.pipelines.fakes import write_tiny_imagenet_archive


class TinyImagenetTest(GeneratedArchives, tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = TinyImagenet
    WRITE_ARCHIVES = staticmethod(write_tiny_imagenet_archive)
    SPLITS = {"train": 9, "validation": 6}
    DL_DOWNLOAD_RESULT = {"tiny-imagenet-200.zip": "tiny-imagenet-200.zip"}

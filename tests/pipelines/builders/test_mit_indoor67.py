"""The builder of MIT Indoor 67 on generated archives."""

import tensorflow_datasets as tfds

from pipelines.builders.mit_indoor67 import MitIndoor67
from tests.pipelines.builders.cases import GeneratedArchives
from tests.pipelines.fakes import write_indoor_archives


class MitIndoor67Test(GeneratedArchives, tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = MitIndoor67
    WRITE_ARCHIVES = staticmethod(write_indoor_archives)
    SPLITS = {"train": 6, "test": 2}
    DL_DOWNLOAD_RESULT = {
        name: name
        for name in ("indoorCVPR_09.tar", "TrainImages.txt", "TestImages.txt")
    }

"""The builder of FGVC-Aircraft on a generated archive."""

import tensorflow_datasets as tfds

from pipelines.builders.fgvc_aircraft import FgvcAircraft
from tests.pipelines.builders.cases import GeneratedArchives
from tests.pipelines.fakes import write_aircraft_archive


class FgvcAircraftTest(GeneratedArchives, tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = FgvcAircraft
    WRITE_ARCHIVES = staticmethod(write_aircraft_archive)
    SPLITS = {"train": 6, "validation": 3, "test": 6}
    DL_DOWNLOAD_RESULT = {
        "fgvc-aircraft-2013b.tar.gz": "fgvc-aircraft-2013b.tar.gz"
    }

"""The builder of FGVC-Aircraft on a generated archive."""

import pytest
import tensorflow_datasets as tfds

from pipelines.builders.fgvc_aircraft import FgvcAircraft
from pipelines.errors import DataError
from tests.pipelines.builders.cases import GeneratedArchives
from tests.pipelines.fakes import jpeg, write_aircraft_archive, write_tar


class FgvcAircraftTest(GeneratedArchives, tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = FgvcAircraft
    WRITE_ARCHIVES = staticmethod(write_aircraft_archive)
    SPLITS = {"train": 6, "validation": 3, "test": 6}
    DL_DOWNLOAD_RESULT = {
        "fgvc-aircraft-2013b.tar.gz": "fgvc-aircraft-2013b.tar.gz"
    }


def test_generate_examples_listed_image_is_missing_raises(tmp_path):
    path = tmp_path / "a.tar"
    write_tar({"fgvc/data/images/01.jpg": jpeg(1)}, path)
    builder = FgvcAircraft(data_dir=str(tmp_path))
    assert len(list(builder._generate_examples(path, {"01": "A"}))) == 1
    with pytest.raises(DataError, match=r"no 02\.jpg, which is listed"):
        list(builder._generate_examples(path, {"01": "A", "02": "B"}))

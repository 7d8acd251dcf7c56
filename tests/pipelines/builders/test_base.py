"""The base class of the builders."""

from pathlib import Path

from pipelines.builders.mit_indoor67 import MitIndoor67


class _Downloads:
    """A download manager that records its requests."""

    def __init__(self):
        self.requests = []

    def download(self, urls):
        self.requests.append(urls)
        return {name: f"/downloads/{name}" for name in urls}


def test_archive_paths_local_archives_are_not_downloaded(tmp_path):
    builder = MitIndoor67(data_dir=str(tmp_path))
    builder.local_archives = {"indoorCVPR_09.tar": Path("/local/x.tar")}
    manager = _Downloads()
    paths = builder.archive_paths(manager)
    assert [sorted(urls) for urls in manager.requests] == [
        ["TestImages.txt", "TrainImages.txt"]
    ]
    assert paths == {
        "indoorCVPR_09.tar": Path("/local/x.tar"),
        "TestImages.txt": Path("/downloads/TestImages.txt"),
        "TrainImages.txt": Path("/downloads/TrainImages.txt"),
    }


def test_set_class_names_define_the_labels(tmp_path):
    builder = MitIndoor67(data_dir=str(tmp_path))
    builder.set_class_names(["bar", "church"])
    assert builder.info.features["label"].str2int("church") == 1

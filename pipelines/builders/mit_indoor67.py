"""MIT Indoor 67 (Quattoni and Torralba, CVPR 2009)."""

from __future__ import annotations

from pipelines import archives
from pipelines.builders.base import Archive, ArchiveBuilder, files_of
from pipelines.errors import DataError

TAR = "indoorCVPR_09.tar"
PAGE = "https://web.mit.edu/torralba/www/"


class MitIndoor67(ArchiveBuilder):
    """MIT Indoor 67: rooms, with the paper's lists of 80 + 20 images each."""

    homepage = PAGE + "indoor.html"
    archives = (
        Archive(
            TAR,
            "http://groups.csail.mit.edu/vision/LabelMe/NewImages/" + TAR,
            2_592_010_240,
        ),
        Archive("TrainImages.txt", PAGE + "TrainImages.txt", 160_000),
        Archive("TestImages.txt", PAGE + "TestImages.txt", 40_000),
    )

    def _split_generators(self, dl_manager):
        paths = self.paths(dl_manager)
        archives.members(paths[TAR])
        listed = {}
        for part, file in (("train", "TrainImages"), ("test", "TestImages")):
            text = paths[f"{file}.txt"].read_text()
            lines = [line.strip() for line in text.splitlines()]
            listed[part] = {line for line in lines if line}
        rooms = {line.split("/")[0] for line in listed["train"]}
        unknown = {n.split("/")[0] for n in listed["test"]} - rooms
        if unknown:
            raise DataError(
                f"{paths['TestImages.txt']}: class {min(unknown)!r}, which "
                "TrainImages.txt lacks."
            )
        self.name_classes(sorted(rooms))
        return {
            part: self._generate_examples(paths[TAR], names)
            for part, names in listed.items()
        }

    def _generate_examples(self, path, wanted):
        missing = set(wanted)
        for name, data in files_of(path):
            short = "/".join(name.split("/")[-2:])
            if short in missing:
                missing.remove(short)
                label = short.split("/")[0]
                yield (
                    short,
                    {"image": data, "label": label, "file_name": short},
                )
        if missing:
            raise DataError(
                f"{path}: no {min(missing)} in it, which is listed."
            )

"""MIT Indoor 67 (Quattoni and Torralba, CVPR 2009)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from pipelines.builders.base import Archive, ArchiveBuilder
from pipelines.errors import DataError
from pipelines.io.archives import checked_members, iterate_archive

TAR_NAME = "indoorCVPR_09.tar"
BASE_URL = "https://web.mit.edu/torralba/www/"


class MitIndoor67(ArchiveBuilder):
    """MIT Indoor 67: rooms, with the paper's lists of 80 + 20 images each."""

    homepage = BASE_URL + "indoor.html"
    archives = (
        Archive(
            TAR_NAME,
            "http://groups.csail.mit.edu/vision/LabelMe/NewImages/" + TAR_NAME,
            2_592_010_240,
        ),
        Archive("TrainImages.txt", BASE_URL + "TrainImages.txt", 160_000),
        Archive("TestImages.txt", BASE_URL + "TestImages.txt", 40_000),
    )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, dict[str, Any]]]]:
        paths = self.archive_paths(dl_manager)
        checked_members(paths[TAR_NAME])
        listed = {}
        for split, file in (("train", "TrainImages"), ("test", "TestImages")):
            text = paths[f"{file}.txt"].read_text()
            lines = [line.strip() for line in text.splitlines()]
            listed[split] = {line for line in lines if line}
        rooms = {name.split("/")[0] for name in listed["train"]}
        unknown = {name.split("/")[0] for name in listed["test"]} - rooms
        if unknown:
            raise DataError(
                f"{paths['TestImages.txt']}: class {min(unknown)!r}, which "
                "TrainImages.txt does not list."
            )
        self.set_class_names(sorted(rooms))
        return {
            split: self._generate_examples(paths[TAR_NAME], names)
            for split, names in listed.items()
        }

    def _generate_examples(
        self, path: Path, names: Collection[str]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        missing = set(names)
        for member, data in iterate_archive(path):
            name = "/".join(member.split("/")[-2:])
            if name in missing:
                missing.remove(name)
                label = name.split("/")[0]
                yield (
                    name,
                    {"image": data, "label": label, "file_name": name},
                )
        if missing:
            raise DataError(
                f"{path}: the archive has no {min(missing)}, which is listed."
            )

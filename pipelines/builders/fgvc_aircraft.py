"""FGVC-Aircraft (Maji et al., 2013), by variant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from pipelines.builders.base import Archive, ArchiveBuilder
from pipelines.errors import DataError
from pipelines.io.archives import (
    iterate_archive,
    open_checked_archive,
    read_archive_lines,
)

TAR_NAME = "fgvc-aircraft-2013b.tar.gz"
BASE_URL = "https://www.robots.ox.ac.uk/~vgg/data/fgvc-aircraft/"


class FgvcAircraft(ArchiveBuilder):
    """FGVC-Aircraft: 100 aircraft variants, official train, val and test.

    The lowest 20 pixels of every image are a copyright banner, which the
    builder does not remove.
    """

    homepage = BASE_URL
    archives = (
        Archive(TAR_NAME, BASE_URL + "archives/" + TAR_NAME, 2_753_340_328),
    )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, dict[str, Any]]]]:
        path = self.archive_paths(dl_manager)[TAR_NAME]
        names, archive = open_checked_archive(path)
        self.set_class_names(
            read_archive_lines(archive, names, "data/variants.txt", path)
        )
        generators = {}
        for split, suffix in (
            ("train", "train"),
            ("validation", "val"),
            ("test", "test"),
        ):
            listing = f"data/images_variant_{suffix}.txt"
            lines = read_archive_lines(archive, names, listing, path)
            variants = dict(line.split(" ", 1) for line in lines)
            generators[split] = self._generate_examples(path, variants)
        return generators

    def _generate_examples(
        self, path: Path, variants: Mapping[str, str]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        missing = set(variants)
        for name, data in iterate_archive(path):
            stem = name.rsplit("/", 1)[-1].removesuffix(".jpg")
            if name.endswith(f"data/images/{stem}.jpg") and stem in variants:
                missing.discard(stem)
                label = variants[stem].strip()
                yield (
                    stem,
                    {"image": data, "label": label, "file_name": stem},
                )
        if missing:
            raise DataError(
                f"{path}: the archive has no {min(missing)}.jpg, which is "
                "listed."
            )

"""Tiny-ImageNet, from the zip archive of Stanford's CS231n."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
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

ZIP_NAME = "tiny-imagenet-200.zip"
ZIP_URL = "http://cs231n.stanford.edu/tiny-imagenet-200.zip"


class TinyImagenet(ArchiveBuilder):
    """Tiny-ImageNet: 200 classes of ImageNet, 64x64 pixels."""

    homepage = ZIP_URL
    archives = (Archive(ZIP_NAME, ZIP_URL, 248_100_043),)

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, dict[str, Any]]]]:
        path = self.archive_paths(dl_manager)[ZIP_NAME]
        names, archive = open_checked_archive(path)
        lines = read_archive_lines(archive, names, "wnids.txt", path)
        wnids = [line.strip() for line in lines]
        self.set_class_names(wnids)
        listing = "val/val_annotations.txt"
        annotations: dict[str, str] = {}
        for line in read_archive_lines(archive, names, listing, path):
            file, wnid = line.split("\t")[:2]
            annotations[file] = wnid
        return {
            "train": self._training_examples(path, set(wnids)),
            "validation": self._validation_examples(path, annotations),
        }

    def _generate_examples(self) -> Iterator[tuple[str, dict[str, Any]]]:
        raise NotImplementedError

    def _training_examples(
        self, path: Path, wnids: Collection[str]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, data in iterate_archive(path):
            parts = name.split("/")
            if (
                len(parts) > 3
                and parts[-4] == "train"
                and parts[-2] == "images"
            ):
                file, wnid = parts[-1], parts[-3]
                if wnid not in wnids:
                    raise DataError(
                        f"{path}: {name}: a class that wnids.txt does not list."
                    )
                yield file, {"image": data, "label": wnid, "file_name": file}

    def _validation_examples(
        self, path: Path, annotations: Mapping[str, str]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        missing = set(annotations)
        for name, data in iterate_archive(path):
            parts = name.split("/")
            if len(parts) > 2 and parts[-3:-1] == ["val", "images"]:
                file = parts[-1]
                if file not in annotations:
                    raise DataError(
                        f"{path}: {name}: not in val_annotations.txt."
                    )
                missing.discard(file)
                yield (
                    file,
                    {
                        "image": data,
                        "label": annotations[file],
                        "file_name": file,
                    },
                )
        if missing:
            raise DataError(
                f"{path}: the archive has no val/images/{min(missing)}, which "
                "val_annotations.txt lists."
            )

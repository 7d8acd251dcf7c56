"""Tiny-ImageNet, from the zip of Stanford's CS231n."""

from __future__ import annotations

from pipelines.builders.base import (
    Archive,
    ArchiveBuilder,
    files_of,
    lines_of,
    open_archive,
)
from pipelines.errors import DataError

ZIP = "tiny-imagenet-200.zip"


class TinyImagenet(ArchiveBuilder):
    """Tiny-ImageNet: 200 classes of ImageNet, 64x64 pixels."""

    homepage = "http://cs231n.stanford.edu/tiny-imagenet-200.zip"
    archives = (
        Archive(
            ZIP, "http://cs231n.stanford.edu/tiny-imagenet-200.zip", 248_100_043
        ),
    )

    def _split_generators(self, dl_manager):
        path = self.paths(dl_manager)[ZIP]
        names, archive = open_archive(path)
        wnids = [w.strip() for w in lines_of(archive, names, "wnids.txt", path)]
        self.name_classes(wnids)
        rows = lines_of(archive, names, "val/val_annotations.txt", path)
        truth = dict(row.split("\t")[:2] for row in rows)
        return {
            "train": self._training(path, set(wnids)),
            "validation": self._validation(path, truth),
        }

    def _generate_examples(self):
        raise NotImplementedError

    def _training(self, path, known):
        for name, data in files_of(path):
            parts = name.split("/")
            if (
                len(parts) > 3
                and parts[-4] == "train"
                and parts[-2] == "images"
            ):
                if parts[-3] not in known:
                    raise DataError(
                        f"{path}: {name}: a class that wnids.txt lacks."
                    )
                yield (
                    parts[-1],
                    {"image": data, "label": parts[-3], "file_name": parts[-1]},
                )

    def _validation(self, path, truth):
        for name, data in files_of(path):
            parts = name.split("/")
            if len(parts) > 2 and parts[-3:-1] == ["val", "images"]:
                if parts[-1] not in truth:
                    raise DataError(
                        f"{path}: {name}: not in val_annotations.txt."
                    )
                label = truth[parts[-1]]
                yield (
                    parts[-1],
                    {"image": data, "label": label, "file_name": parts[-1]},
                )

"""FGVC-Aircraft (Maji et al., 2013), by variant."""

from __future__ import annotations

from pipelines.builders.base import (
    Archive,
    ArchiveBuilder,
    files_of,
    lines_of,
    open_archive,
)

TAR = "fgvc-aircraft-2013b.tar.gz"
URL = "https://www.robots.ox.ac.uk/~vgg/data/fgvc-aircraft/archives/"


class FgvcAircraft(ArchiveBuilder):
    """FGVC-Aircraft: 100 aircraft variants, official train, val and test.

    The lowest 20 pixels of every image are a banner with the copyright; they
    are left as they are.
    """

    homepage = "https://www.robots.ox.ac.uk/~vgg/data/fgvc-aircraft/"
    archives = (Archive(TAR, URL + TAR, 2_753_340_328),)

    def _split_generators(self, dl_manager):
        path = self.paths(dl_manager)[TAR]
        names, archive = open_archive(path)
        self.name_classes(lines_of(archive, names, "data/variants.txt", path))
        parts = {}
        for part, file in (
            ("train", "train"),
            ("validation", "val"),
            ("test", "test"),
        ):
            listing = f"data/images_variant_{file}.txt"
            rows = lines_of(archive, names, listing, path)
            parts[part] = dict(row.split(" ", 1) for row in rows)
        return {p: self._generate_examples(path, t) for p, t in parts.items()}

    def _generate_examples(self, path, truth):
        for name, data in files_of(path):
            number = name.rsplit("/", 1)[-1].removesuffix(".jpg")
            if name.endswith(f"data/images/{number}.jpg") and number in truth:
                label = truth[number].strip()
                yield (
                    number,
                    {"image": data, "label": label, "file_name": number},
                )

"""What our TFDS builders have in common: archives read in place."""

from __future__ import annotations

import dataclasses
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import tensorflow_datasets as tfds

from pipelines import archives
from pipelines.errors import DataError


@dataclasses.dataclass(frozen=True)
class Archive:
    """A file that a data set is made from.

    Args:
        name: Of the file.
        url: Where it comes from.
        size: About, in bytes.
    """

    name: str
    url: str
    size: int


class ArchiveBuilder(  # type: ignore[call-arg]
    tfds.core.GeneratorBasedBuilder, skip_registration=True
):
    """A builder whose archives the user may have put down already.

    `archives` is what it is made from; `here` maps names of those that lie
    on this machine to their paths; others are downloaded.
    """

    VERSION = tfds.core.Version("1.0.0")
    archives: tuple[Archive, ...] = ()

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.here: dict[str, Path] = {}

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            description=type(self).__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(encoding_format="jpeg"),
                    # Names come from the archive, in `_split_generators`.
                    "label": tfds.features.ClassLabel(),
                    "file_name": tfds.features.Text(),
                }
            ),
            supervised_keys=("image", "label"),
            homepage=self.homepage,
        )

    def paths(self, dl_manager) -> dict[str, Path]:
        """Every archive's path, by its name."""
        missing = {
            a.name: a.url for a in self.archives if a.name not in self.here
        }
        found = dl_manager.download(missing) if missing else {}
        found = {name: Path(path) for name, path in found.items()}
        return {**{n: Path(p) for n, p in self.here.items()}, **found}

    def name_classes(self, names) -> None:
        """Says the classes, in the order of their labels."""
        self.info.features["label"].names = list(names)


def open_archive(path) -> tuple[list[str], object]:
    """(names of the files of a zip or tar, the open archive), checked.

    Raises:
        DataError: it holds what is refused.
    """
    names = [member.name for member in archives.members(path)]
    if zipfile.is_zipfile(path):
        return names, zipfile.ZipFile(path)
    return names, tarfile.open(path)


def lines_of(archive, names, suffix, path) -> list[str]:
    """Non-empty lines of the text file whose name ends so.

    Raises:
        DataError: there is none.
    """
    name = next((n for n in names if f"/{n}".endswith(f"/{suffix}")), None)
    if name is None:
        raise DataError(f"{path}: no {suffix} in it.")
    if isinstance(archive, zipfile.ZipFile):
        data = archive.read(name)
    else:
        data = archive.extractfile(name).read()
    return [line for line in data.decode().splitlines() if line.strip()]


def files_of(path) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every file of a zip or tar, in its own order.

    In one pass: a compressed tar cannot be read in any other order.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    yield info.filename, archive.read(info)
        return
    with tarfile.open(path) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None:
                yield member.name, file.read()

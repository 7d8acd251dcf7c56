"""Base class of the TFDS builders, which read archives in place."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds


@dataclasses.dataclass(frozen=True)
class Archive:
    """A published file from which a data set is made.

    Args:
        name: Name of the file.
        url: Address of the file.
        size: Approximate size in bytes.
    """

    name: str
    url: str
    size: int


class ArchiveBuilder(  # type: ignore[call-arg]
    tfds.core.GeneratorBasedBuilder, skip_registration=True
):
    """A TFDS builder that downloads only the archives that are not local.

    Args:
        **kwargs: Arguments of `tfds.core.GeneratorBasedBuilder`.

    Attributes:
        archives: Files from which the data set is made.
        homepage: Address of the data set's page.
        local_archives: Paths of the archives on this machine, by name. The
            builder downloads all other archives.
    """

    VERSION = tfds.core.Version("1.0.0")
    archives: tuple[Archive, ...] = ()
    homepage: str = ""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.local_archives: dict[str, Path] = {}

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description=type(self).__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(encoding_format="jpeg"),
                    # `_split_generators` reads the names from the archive.
                    "label": tfds.features.ClassLabel(),
                    "file_name": tfds.features.Text(),
                }
            ),
            supervised_keys=("image", "label"),
            homepage=self.homepage,
        )

    def archive_paths(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Path]:
        """Return the paths of all archives, after downloading missing ones.

        Args:
            dl_manager: Download manager of TFDS.

        Returns:
            The path of each archive, by its name.
        """
        missing = {
            archive.name: archive.url
            for archive in self.archives
            if archive.name not in self.local_archives
        }
        downloaded = dl_manager.download(missing) if missing else {}
        paths = {**self.local_archives, **downloaded}
        return {name: Path(path) for name, path in paths.items()}

    def set_class_names(self, names: Iterable[str]) -> None:
        """Set the class names.

        Args:
            names: Names in the order of the labels.
        """
        self.info.features["label"].names = list(names)

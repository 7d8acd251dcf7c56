"""Preparation of data sets with TensorFlow Datasets."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipelines.builders.factory import create_builder, is_prepared
from pipelines.errors import DataError
from pipelines.io.archives import checked_members
from pipelines.registry import DataSet

if TYPE_CHECKING:
    import tensorflow_datasets as tfds

#: Maximum unpacked size of a file of an official archive, in bytes.
MAX_FILE_SIZE = 2**30


class RequiredFile(NamedTuple):
    """A published file from which a data set is prepared.

    Args:
        name: Name of the file.
        url: Address of the file.
        size: Size in bytes, or None if it is not published. It is
            approximate if `sha256` is None.
        sha256: SHA-256 checksum in hexadecimal, or None if it is not
            published.
    """

    name: str
    url: str
    size: int | None
    sha256: str | None


def required_files(
    builder: tfds.core.DatasetBuilder, data_set: DataSet
) -> list[RequiredFile]:
    """List the files from which a data set is prepared.

    Args:
        builder: TFDS builder of the data set.
        data_set: Entry of the registry.

    Returns:
        The files, in the order of the registry.
    """
    archives = {a.name: a for a in getattr(type(builder), "archives", ())}
    if archives:
        return [
            RequiredFile(archive.name, archive.url, archive.size, None)
            for archive in archives.values()
        ]
    files = []
    for name in data_set.archives:
        # The lists of TFDS keep old addresses of a file; the first entry
        # that is not on Google Drive can be downloaded.
        entries = [
            (url, info)
            for url, info in builder.url_infos.items()
            if info.filename == name
        ]
        direct = [e for e in entries if "drive.google" not in e[0]]
        url, info = (direct or entries)[0]
        files.append(RequiredFile(name, url, info.size, info.checksum))
    return files


def describe_files(
    builder: tfds.core.DatasetBuilder,
    data_set: DataSet,
    archive_dir: str | os.PathLike[str],
) -> str:
    """Describe the license of a data set and the files that it requires.

    Args:
        builder: TFDS builder of the data set.
        data_set: Entry of the registry.
        archive_dir: Folder of the archives.

    Returns:
        Several lines of text, one for each file.
    """
    lines = [
        data_set.title,
        f"license: {data_set.license}",
        f"homepage: {data_set.homepage}",
    ]
    for file in required_files(builder, data_set):
        if file.sha256:
            size = f"{file.size:,} bytes"
            checksum = f"SHA-256 {file.sha256}"
        else:
            size = f"about {(file.size or 0) / 1e6:,.0f} MB"
            checksum = "no checksum published"
        line = f"  {file.name}, {size}, from {file.url}, {checksum}"
        if (Path(archive_dir) / file.name).exists():
            line += ": present"
        lines.append(line)
    return "\n".join(lines)


def prepare_data_set(
    data_set: DataSet,
    data_dir: str | os.PathLike[str],
    archive_dir: str | os.PathLike[str],
) -> Path:
    """Prepare a data set with TFDS, unless it is prepared already.

    Archives in `archive_dir` are used, and missing archives are downloaded.
    TFDS writes to a temporary folder and renames it, so that an interrupted
    preparation never looks complete. Complete downloads are reused.

    Args:
        data_set: Entry of the registry that can be prepared.
        data_dir: Folder in which TFDS prepares the data set.
        archive_dir: Folder of the archives, which keep their published
            names. Downloads are stored in its subfolder "downloads".

    Returns:
        The folder of the prepared data set.

    Raises:
        DataError: An archive is refused, is damaged or cannot be downloaded.
        OSError: A file cannot be written.

    Example:
        >>> from pipelines import DATA_SETS
        >>> from pipelines.preparation import prepare_data_set
        >>> prepare_data_set(
        ...     DATA_SETS["cifar10"], "data", "data/archives"
        ... )  # doctest: +SKIP
    """
    import tensorflow_datasets as tfds

    builder = create_builder(data_dir, data_set)
    if is_prepared(data_dir, data_set):
        return Path(builder.data_dir)
    archive_dir = Path(archive_dir)
    files = required_files(builder, data_set)
    local = {}
    for file in files:
        path = archive_dir / file.name
        if path.exists():
            local[file.name] = path
    for file in files:
        if file.name in local:
            _check_archive(local[file.name], file)
    if hasattr(builder, "local_archives"):
        builder.local_archives = local
    archive_dir.mkdir(parents=True, exist_ok=True)
    config = tfds.download.DownloadConfig(manual_dir=archive_dir)
    missing = [file for file in files if file.name not in local]
    try:
        builder.download_and_prepare(
            download_dir=archive_dir / "downloads", download_config=config
        )
    except DataError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _preparation_error(
            error, data_set, archive_dir, missing
        ) from error
    return Path(builder.data_dir)


def _preparation_error(
    error: Exception,
    data_set: DataSet,
    archive_dir: Path,
    missing: Sequence[RequiredFile],
) -> DataError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    if not missing:
        return DataError(
            f"{data_set.name}: the preparation from {archive_dir} failed: "
            f"{reason}"
        )
    files = " and ".join(f"{file.name} from {file.url}" for file in missing)
    return DataError(
        f"{data_set.name}: the download failed ({reason}). Put {files} into "
        f"{archive_dir} and prepare the data set again."
    )


def _check_archive(path: Path, file: RequiredFile) -> None:
    if file.sha256 is not None:
        with path.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        if sha256 != file.sha256:
            raise DataError(
                f"{path}: damaged, or another file. Its SHA-256 is {sha256}, "
                f"but {file.sha256} ({file.size:,} bytes) is published. "
                "Download it again."
            )
    if path.suffix in (".zip", ".tar", ".tgz", ".gz"):
        checked_members(path, MAX_FILE_SIZE)

"""Data sets that TensorFlow Datasets has prepared.

Folders of classes, train/<class>/* and val/<class>/* or test/<class>/*, are
accepted in place of the prepared data.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.builders.factory import create_builder, is_prepared
from pipelines.errors import DataError, DataNotPreparedError
from pipelines.io.encoded_split import EncodedSplit, holdout_mask
from pipelines.io.file_tree import FileTree
from pipelines.registry import DataSet
from pipelines.sources.image_folder import open_split_folders

if TYPE_CHECKING:
    import tensorflow_datasets as tfds


def open_split(
    split: str,
    *,
    data_dir: str | os.PathLike[str] | None,
    data_set: DataSet,
    split_fraction: float | None,
) -> EncodedSplit:
    """Open a split of a prepared data set. It downloads nothing.

    Args:
        split: "train" or "validation".
        data_dir: Folder in which TFDS prepared the data set, or a folder or
            zip archive of class folders.
        data_set: Entry of the registry.
        split_fraction: Must be None.

    Returns:
        The encoded images of the split.

    Raises:
        DataNotPreparedError: `data_dir` is None or does not have the data
            set.
        DataError: `split_fraction` is not None, or `data_dir` has class
            folders that cannot be used.
    """
    refuse_split_fraction(split_fraction, data_set)
    if not data_dir:
        raise DataNotPreparedError(
            f"Argument `data_dir` must be the folder in which {data_set.name} "
            "was prepared, or a folder or zip with train/<class>/* and "
            f"test/<class>/*. Received: data_dir={data_dir}.",
            data_set.name,
            None,
        )
    path = Path(data_dir).expanduser()
    if not is_prepared(path, data_set):
        try:
            tree = FileTree(path, ("train/",))
        except DataError as error:
            raise DataNotPreparedError(
                f"{path}: {data_set.name} is not prepared in this folder "
                f"(`data_dir`). Prepare it first. (As class folders: {error})",
                data_set.name,
                str(path),
            ) from error
        return open_split_folders(split, tree, data_set.name)
    return _open_records(split, create_builder(path, data_set), data_set)


def refuse_split_fraction(
    split_fraction: float | None, data_set: DataSet
) -> None:
    """Refuse a split fraction for a data set that defines its splits.

    Args:
        split_fraction: Value of the argument.
        data_set: Entry of the registry.

    Raises:
        DataError: `split_fraction` is not None.
    """
    if split_fraction is not None:
        raise DataError(
            f"Argument `split_fraction` must be None: {data_set.name} has "
            "splits of its own. Received: "
            f"split_fraction={split_fraction}."
        )


def _fingerprint(folder: Path) -> str:
    """Return a string that changes if the records of a folder change."""
    folder = folder.resolve()
    files = [(path, path.stat()) for path in sorted(folder.glob("*"))]
    facts = [f"{p.name} {s.st_size} {s.st_mtime_ns}" for p, s in files]
    return " ".join((str(folder), *facts))


def _open_records(
    split: str, builder: tfds.core.DatasetBuilder, data_set: DataSet
) -> EncodedSplit:
    """Open the records of TFDS; a key is the position of a record."""
    import tensorflow_datasets as tfds

    from pipelines.tf_data import disable_autotuning

    is_validation = split != "train"
    records_split = (
        data_set.validation_split if is_validation else data_set.train_split
    )
    label_feature = builder.info.features["label"]
    # Other features, such as boxes and segmentations, are not decoded.
    decoders = tfds.decode.PartialDecoding(
        {"image": builder.info.features["image"], "label": label_feature},
        decoders={"image": tfds.decode.SkipDecoding()},
    )
    config = tfds.ReadConfig(
        interleave_cycle_length=1, try_autocache=False, add_tfds_id=False
    )
    records = disable_autotuning(
        builder.as_dataset(
            split=records_split,
            decoders=decoders,
            shuffle_files=False,
            read_config=config,
        )
    )
    labels = np.fromiter(
        records.map(lambda r: r["label"]).as_numpy_iterator(), np.int64
    )
    positions: dict[str, list[int]] = {
        name: np.flatnonzero(labels == label).tolist()
        for label, name in enumerate(label_feature.names)
    }
    if data_set.validation_fraction is not None:
        # The data set has no official split.
        for name, keys in positions.items():
            mask = holdout_mask(keys, data_set.validation_fraction)
            positions[name] = [
                key
                for key, in_split in zip(
                    keys, mask == is_validation, strict=True
                )
                if in_split
            ]

    def stream_bytes(keys: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        indices = {key: index for index, key in enumerate(keys)}
        encoded = records.map(lambda r: r["image"]).as_numpy_iterator()
        for position, data in enumerate(encoded):
            if position in indices:
                yield indices[position], data

    def read_bytes(key: int) -> bytes:
        record = next(iter(records.skip(key).take(1).as_numpy_iterator()))
        return record["image"]

    location = f"{builder.data_dir} {records_split}"
    return EncodedSplit(
        name=f"{data_set.name} {split}",
        keys_by_class=positions,
        read_bytes=read_bytes,
        stream_bytes=stream_bytes,
        describe_key=lambda key: f"{location}: record {key}",
        location=location,
        fingerprint=_fingerprint(Path(builder.data_dir)),
    )

"""Creation of TFDS builders for the data sets of the registry."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import DataError
from pipelines.installed import has_tensorflow
from pipelines.registry import DataSet

if TYPE_CHECKING:
    import tensorflow_datasets as tfds


def create_builder(
    data_dir: str | os.PathLike[str], data_set: DataSet
) -> tfds.core.DatasetBuilder:
    """Create the TFDS builder of a data set.

    Args:
        data_dir: Folder of the prepared data.
        data_set: Entry of the registry that can be prepared.

    Returns:
        The builder of `pipelines.builders`, or of TFDS if it has one.

    Raises:
        DataError: TensorFlow is not installed.
    """
    if not has_tensorflow():
        raise DataError(
            f"{data_dir}: {data_set.name} as TensorFlow Datasets prepares it "
            "requires TensorFlow, which is not installed: pip install "
            "tensorflow tensorflow-datasets. Or use class folders as "
            "`data_dir`, a folder or zip of train/<class>/* and "
            "test/<class>/*."
        )
    import tensorflow_datasets as tfds

    if data_set.builder is not None:
        module, name = data_set.builder.rsplit(".", 1)
        builder_class = getattr(importlib.import_module(module), name)
    else:
        builder_class = tfds.builder_cls(data_set.tfds_name)
    return builder_class(data_dir=str(data_dir))


def is_prepared(data_dir: str | os.PathLike[str], data_set: DataSet) -> bool:
    """Check whether TFDS has prepared a data set completely.

    Args:
        data_dir: Folder of the prepared data.
        data_set: Entry of the registry that can be prepared.

    Returns:
        Whether the data set is prepared in `data_dir`.

    Raises:
        DataError: It may be prepared, and TensorFlow is not installed.
    """
    path = Path(data_dir)
    if not path.is_dir():
        return False
    # Importing TFDS takes seconds, so check for its folder first.
    folder = path / data_set.prepared_folder
    if not folder.is_dir():
        return False
    if not has_tensorflow() and not any(folder.rglob("features.json")):
        return False
    builder = create_builder(path, data_set)
    return (Path(builder.data_dir) / "features.json").exists()

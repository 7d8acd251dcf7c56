"""A data set that `seal_tf.prepare_data` has prepared with TFDS.

Or one that lies there as folders of classes, train/ and val/ or test/.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipelines.errors import DataError
from pipelines.sources.files import Tree
from pipelines.sources.image_folder import of_parts
from pipelines.sources.split import Split, held_out


def split(which, *, data_dir, data_set, split_fraction) -> Split:
    """A split of what TFDS prepared. See `pipelines.read`.

    Raises:
        DataError: it is not prepared; training never downloads.
    """
    no_fraction(split_fraction, data_set)
    if not data_dir:
        raise DataError(
            f"{data_set.name} needs --data_dir: where python -m "
            f"seal_tf.prepare_data --dataset={data_set.name} --data_dir=DIR "
            "has put it, or a folder or zip with train/<class>/* and "
            "test/<class>/*."
        )
    path = Path(data_dir).expanduser()
    if not is_prepared(path, data_set):
        try:
            tree = Tree(path, ("train/",))
        except DataError as error:
            raise DataError(
                f"{path}: {data_set.name} is not prepared there; run python "
                f"-m seal_tf.prepare_data --dataset={data_set.name} "
                f"--data_dir={path} first. (As folders of classes: {error})"
            ) from error
        return of_parts(which, tree, data_set.name)
    return _of_builder(which, builder(path, data_set), data_set)


def no_fraction(split_fraction, data_set) -> None:
    """Refuses `--split_fraction` where the splits are given."""
    if split_fraction is not None:
        raise DataError(
            f"--split_fraction={split_fraction}: {data_set.name} has splits "
            "of its own; leave it out."
        )


def builder(data_dir, data_set):
    """The TFDS builder of a data set, ours where TFDS has none."""
    import tensorflow_datasets as tfds

    if data_set.builder is not None:
        import importlib

        module, name = data_set.builder.rsplit(".", 1)
        cls = getattr(importlib.import_module(module), name)
    else:
        cls = tfds.builder_cls(data_set.tfds)
    return cls(data_dir=str(data_dir))


def is_prepared(path: Path, data_set) -> bool:
    """Whether TFDS has finished preparing it there."""
    if not path.is_dir():
        return False
    # TFDS takes seconds to import: look for its folder first.
    if not (path / data_set.prepared_as).is_dir():
        return False
    return (Path(builder(path, data_set).data_dir) / "features.json").exists()


def _of_builder(which, made, data_set):
    import tensorflow_datasets as tfds

    part = data_set.train if which == "train" else data_set.validation
    label = made.info.features["label"]
    # Whatever else the data set has (boxes, segmentations) is not read.
    wanted = tfds.decode.PartialDecoding(
        {"image": made.info.features["image"], "label": label},
        decoders={"image": tfds.decode.SkipDecoding()},
    )
    config = tfds.ReadConfig(
        interleave_cycle_length=1, try_autocache=False, add_tfds_id=False
    )
    records = made.as_dataset(
        split=part, decoders=wanted, shuffle_files=False, read_config=config
    )
    labels = np.fromiter(
        records.map(lambda r: r["label"]).as_numpy_iterator(), np.int64
    )
    positions = {
        name: np.flatnonzero(labels == i).tolist()
        for i, name in enumerate(label.names)
    }
    if data_set.held_out is not None:
        # No split is official: by the hash of the place in the records.
        for name, mine in positions.items():
            held = held_out(mine, data_set.held_out) == (which != "train")
            positions[name] = [p for p, h in zip(mine, held, strict=True) if h]

    def stream(keys):
        place = {key: i for i, key in enumerate(keys)}
        encoded = records.map(lambda r: r["image"]).as_numpy_iterator()
        for position, data in enumerate(encoded):
            if position in place:
                yield place[position], data

    def read(key):
        return next(iter(records.skip(key).take(1).as_numpy_iterator()))[
            "image"
        ]

    return Split(
        f"{data_set.name} {which}",
        positions,
        read,
        stream,
        lambda key: f"{made.data_dir} {part}: record {key}",
        f"{made.data_dir} {part}",
        str(made.data_dir),
    )

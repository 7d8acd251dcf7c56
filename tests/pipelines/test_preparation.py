"""Preparation of data sets from local archives."""

import pytest

import pipelines
from pipelines import DATA_SETS, preparation
from pipelines.builders.factory import create_builder, is_prepared
from pipelines.errors import DataError
from tests.pipelines.fakes import (
    WNIDS,
    tiny_imagenet_files,
    write_aircraft_archive,
    write_files,
    write_indoor_archives,
    write_tiny_imagenet_archive,
)


@pytest.mark.parametrize(
    ("name", "write_archives", "counts"),
    [
        ("tiny_imagenet", write_tiny_imagenet_archive, (9, 6)),
        ("fgvc_aircraft", write_aircraft_archive, (9, 6)),
        ("mit_indoor67", write_indoor_archives, (6, 2)),
    ],
)
def test_prepare_data_set_local_archives_can_be_read(
    tmp_path, name, write_archives, counts
):
    archive_dir, data_dir = tmp_path / "archives", tmp_path / "data"
    archive_dir.mkdir()
    write_archives(archive_dir)
    data_set = DATA_SETS[name]
    builder = create_builder(data_dir, data_set)
    description = preparation.describe_files(builder, data_set, archive_dir)
    for archive in data_set.archives:
        assert f"{archive}, about" in description
    assert f"license: {data_set.license}" in description
    assert description.count(": present") == len(data_set.archives)
    assert not is_prepared(data_dir, data_set)
    folder = preparation.prepare_data_set(data_set, data_dir, archive_dir)
    assert folder.is_relative_to(data_dir)
    assert is_prepared(data_dir, data_set)
    splits = [
        pipelines.read(name, split, data_dir=data_dir, image_size=32)
        for split in ("train", "validation")
    ]
    assert tuple(map(len, splits)) == counts
    assert splits[0].class_names == splits[1].class_names
    if name == "tiny_imagenet":
        assert splits[0].class_names == WNIDS
        # The zip has the same images in every class.
        archive = archive_dir / "tiny-imagenet-200.zip"
        zipped = pipelines.read(name, "train", data_dir=archive, image_size=32)
        assert sorted(map(bytes, zipped.pixels)) == sorted(
            map(bytes, splits[0].pixels)
        )
    # A second call prepares nothing: the archives are not needed anymore.
    for archive in archive_dir.iterdir():
        if archive.is_file():
            archive.unlink()
    assert (
        preparation.prepare_data_set(data_set, data_dir, archive_dir) == folder
    )


def test_prepare_data_set_hostile_or_broken_archive_leaves_nothing(tmp_path):
    data_set = DATA_SETS["tiny_imagenet"]
    archive_dir, data_dir = tmp_path / "archives", tmp_path / "data"
    archive_dir.mkdir()
    archive = archive_dir / "tiny-imagenet-200.zip"
    write_files(tiny_imagenet_files(2) | {"../../evil": b"x"}, archive)
    with pytest.raises(DataError, match="member '../../evil' is refused"):
        preparation.prepare_data_set(data_set, data_dir, archive_dir)
    assert not list(tmp_path.rglob("evil"))
    files = tiny_imagenet_files(2)
    del files["val/val_annotations.txt"]
    archive.unlink()
    write_files(files, archive)
    with pytest.raises(DataError, match="no val/val_annotations.txt"):
        preparation.prepare_data_set(data_set, data_dir, archive_dir)
    with pytest.raises(DataError, match="empty|no wnids.txt"):
        pipelines.read("tiny_imagenet", "train", data_dir=data_dir)


def test_prepare_data_set_wrong_checksum_raises(tmp_path):
    (tmp_path / "cifar-100-binary.tar.gz").write_bytes(b"not it")
    message = (
        r"damaged, or another file. Its SHA-256 is .*"
        r"\(168,513,733 bytes\) is published"
    )
    with pytest.raises(DataError, match=message):
        preparation.prepare_data_set(
            DATA_SETS["cifar100"], tmp_path / "data", tmp_path
        )


@pytest.mark.parametrize(
    "name", [n for n, d in DATA_SETS.items() if d.can_be_prepared]
)
def test_describe_files_every_data_set_has_archives_and_addresses(
    tmp_path, name
):
    data_dir = tmp_path / "none"
    data_set = DATA_SETS[name]
    description = preparation.describe_files(
        create_builder(data_dir, data_set), data_set, data_dir / "archives"
    )
    assert all(archive in description for archive in data_set.archives)
    assert "http" in description
    assert ": present" not in description
    assert not data_dir.exists()


def test_required_files_of_tfds_have_published_size_and_checksum():
    data_set = DATA_SETS["cub200"]
    files = preparation.required_files(
        create_builder("/nowhere", data_set), data_set
    )
    assert files[0].name == "CUB_200_2011.tgz"
    assert files[0].size == 1150585339
    assert len(files[0].sha256) == 64

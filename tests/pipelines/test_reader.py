"""Reading of splits, the cache on disk, and the real photographs."""

import errno
import os

import numpy as np
import pytest

import pipelines
from pipelines.augmentation.recipe import Recipe
from pipelines.io.memory import ALIGNMENT
from pipelines.io.pixel_cache import PixelCache
from tests.pipelines.fakes import SQUARE, encoded_image, write_class_folders


def _two_classes(path, images=1):
    """Write two classes of equal PNG images."""
    files = [
        ("png", encoded_image("PNG", "RGB", SQUARE ^ i)) for i in range(images)
    ]
    return write_class_folders(path, a=files, b=files)


def test_read_over_cache_memory_maps_a_file(tmp_path, monkeypatch):
    path = _two_classes(tmp_path / "data", 5)
    options = {"data_dir": path, "cache_dir": tmp_path / "cache"}
    in_memory = pipelines.read("image_folder", "train", **options)
    assert not (tmp_path / "cache").exists()
    options["cache_memory"] = 100
    mapped = pipelines.read("image_folder", "train", **options)
    np.testing.assert_array_equal(in_memory.pixels, mapped.pixels)
    assert isinstance(mapped.pixels, np.memmap)
    files = sorted(p.suffix for p in (tmp_path / "cache").iterdir())
    assert files == [".json", ".npy"]
    # The second call reads the cache and decodes nothing.
    monkeypatch.setattr("pipelines.io.decoding.decode_images", None)
    again = pipelines.read("image_folder", "train", **options)
    np.testing.assert_array_equal(in_memory.pixels, again.pixels)
    # Training reads the mapped file, and nothing writes to it.
    batch_options = {"seed": 0, "epochs": 1, "recipe": Recipe(0, True)}
    batches = pipelines.training_batches(again, 4, **batch_options)
    expected = pipelines.training_batches(in_memory, 4, **batch_options)
    for x, y in zip(batches, expected, strict=True):
        np.testing.assert_array_equal(x[0], y[0])
    again.pixels[:] = 0
    fresh = pipelines.read("image_folder", "train", **options)
    np.testing.assert_array_equal(in_memory.pixels, fresh.pixels)


def test_read_over_cache_memory_skips_damaged_images_in_the_file(tmp_path):
    """A copy of the others might not fit into the memory."""
    path = _two_classes(tmp_path / "data", 4)
    (path / "train" / "a" / "1.png").write_bytes(b"no image")
    options = {"data_dir": path, "skip_damaged": True}
    in_memory = pipelines.read("image_folder", "train", **options)
    options |= {"cache_memory": 1, "cache_dir": tmp_path / "cache"}
    for _ in ("written", "read"):
        images = pipelines.read("image_folder", "train", **options)
        assert isinstance(images.pixels, np.memmap)
        np.testing.assert_array_equal(images.pixels, in_memory.pixels)
        np.testing.assert_array_equal(images.labels, in_memory.labels)
    assert len(images) == 7
    assert in_memory.pixels.ctypes.data % ALIGNMENT == 0


def test_read_of_another_folder_with_equal_times_reads_its_images(tmp_path):
    """Archives with fixed times make such folders."""
    pixels = []
    for value in (10, 200):
        data = encoded_image("BMP", "RGB", np.full_like(SQUARE, value))
        path = write_class_folders(
            tmp_path / str(value), a=[("bmp", data)], b=[("bmp", data)]
        )
        for file in path.rglob("*.bmp"):
            os.utime(file, (1, 1))
        images = pipelines.read(
            "image_folder",
            "train",
            data_dir=path,
            cache_memory=0,
            cache_dir=tmp_path / "cache",
        )
        pixels.append(images.pixels[0, 0, 0, 0])
    assert pixels == [10, 200]


def test_read_cache_of_another_decoder_is_not_reused(tmp_path, monkeypatch):
    options = {
        "data_dir": _two_classes(tmp_path / "data"),
        "cache_dir": tmp_path / "cache",
        "cache_memory": 1,
    }
    # The cache files of 0.1.0, whose decoder was less accurate.
    dependencies = []

    class Cache(PixelCache):
        def __init__(self, folder, values):
            dependencies.append(values)
            super().__init__(folder, values)

    monkeypatch.setattr("pipelines.io.pixel_cache.PixelCache", Cache)
    pipelines.read("image_folder", "train", **options)
    old = PixelCache(tmp_path / "cache", dependencies[0][:4])
    assert not old.path.exists()
    monkeypatch.setattr("pipelines.io.decoding.DECODER", "another")
    pipelines.read("image_folder", "train", **options)
    assert len(list((tmp_path / "cache").glob("*.npy"))) == 2


def test_read_unwritable_cache_raises(tmp_path):
    path = _two_classes(tmp_path / "data")
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        pipelines.read(
            "image_folder",
            "train",
            data_dir=path,
            cache_memory=1,
            cache_dir=tmp_path / "file",
        )


def test_read_full_disk_raises_and_leaves_nothing(tmp_path, monkeypatch):
    """The error is raised before any pixel is written."""

    def raise_no_space(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    options = {
        "data_dir": _two_classes(tmp_path / "data"),
        "cache_memory": 1,
        "cache_dir": tmp_path / "cache",
    }
    monkeypatch.setattr(os, "posix_fallocate", raise_no_space)
    with pytest.raises(OSError, match="No space left"):
        pipelines.read("image_folder", "train", **options)
    assert not list((tmp_path / "cache").iterdir())
    monkeypatch.undo()
    images = pipelines.read("image_folder", "train", **options)
    assert isinstance(images.pixels, np.memmap)


def test_read_progress_ends_with_all_images(tmp_path):
    calls = []
    pipelines.read(
        "image_folder",
        "train",
        data_dir=_two_classes(tmp_path, 3),
        progress=lambda completed, count: calls.append((completed, count)),
    )
    assert calls[-1] == (6, 6)
    assert calls == sorted(calls)


@pytest.mark.parametrize(
    ("name", "split", "message"),
    [
        ("mnist", "train", "Argument `name` must be one of tiny_imagenet"),
        ("digits", "test", "Argument `split` must be 'train' or 'validation'"),
    ],
)
def test_read_unknown_data_set_or_split_raises(name, split, message):
    with pytest.raises(pipelines.DataError, match=message):
        pipelines.read(name, split)


@pytest.mark.photos
def test_read_real_photographs_have_their_counts(photos):
    path = photos / "tiny-imagenet-50x200.zip"
    train = pipelines.read("tiny_imagenet", "train", data_dir=path)
    assert train.pixels.shape == (10000, 64, 64, 3)
    assert np.bincount(train.labels).tolist() == [200] * 50
    validation = pipelines.read("tiny_imagenet", "validation", data_dir=path)
    assert np.bincount(validation.labels).tolist() == [50] * 50
    gray_count = sum(
        (x.pixels[..., :1] == x.pixels).all(axis=(1, 2, 3)).sum()
        for x in (train, validation)
    )
    # 190 files have one channel; hardly any photograph is gray in three.
    assert 190 <= gray_count <= 240
    satellite = pipelines.read(
        "image_folder", "validation", data_dir=photos / "eurosat.zip"
    )
    assert satellite.pixels.shape == (1000, 64, 64, 3)

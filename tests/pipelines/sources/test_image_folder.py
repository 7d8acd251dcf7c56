"""Class folders, intact and broken, and the split by a fraction."""

import pytest

import pipelines
from pipelines.errors import DataError
from tests.pipelines.fakes import (
    encoded_image,
    image_folder_files,
    jpeg,
    write_files,
)

FILES = image_folder_files()


@pytest.mark.parametrize("validation", ["val", "test"])
@pytest.mark.parametrize(("file", "top"), [("d", ""), ("d.zip", "mine/")])
def test_read_class_folders_returns_both_splits(
    tmp_path, validation, file, top
):
    path = write_files(image_folder_files(validation), tmp_path / file, top)
    train = pipelines.read("image_folder", "train", data_dir=path)
    assert train.class_names == ("ant", "bee")
    assert len(train) == 22
    images = pipelines.read(
        "image_folder", "validation", data_dir=path, image_size=16
    )
    assert images.pixels.shape == (2, 16, 16, 3)


def _without(*prefixes):
    return {k: v for k, v in FILES.items() if not k.startswith(prefixes)}


def _with(name, data):
    return {**FILES, name: data}


BROKEN = {
    "not_an_image": (
        _with("train/ant/p3.jpg", b"hello"),
        r"p3\.jpg: damaged image",
    ),
    "empty_file": (_with("val/bee/q.png", b""), r"q\.png: damaged image"),
    "different_sizes": (
        _with("train/bee/p1.jpg", jpeg(1, 40)),
        "p1.jpg: 40x40 pixels.*32x32. Set `image_size`",
    ),
    "no_validation_folder": (
        _without("val/"),
        "no images in val, validation, test",
    ),
    "unknown_validation_class": (
        _with("val/cat/q.png", jpeg(1)),
        "val/cat: a class that train/ lacks",
    ),
    "one_class": (
        _without("train/bee", "val/bee"),
        "1 classes; at least 2 are needed",
    ),
    "class_without_images": (
        _with("train/cat/a.webp", b"RIFF"),
        "train/cat: none of the files is an image",
    ),
}


@pytest.mark.parametrize("file", ["folder", "a.zip"])
@pytest.mark.parametrize("case", BROKEN)
def test_read_broken_folders_raises_one_line(tmp_path, case, file):
    files, message = BROKEN[case]
    path = write_files(files, tmp_path / file)
    with pytest.raises(DataError, match=message) as caught:
        for split in ("train", "validation"):
            pipelines.read("image_folder", split, data_dir=path)
    assert "\n" not in str(caught.value)


def test_read_split_fraction_splits_each_class(tmp_path):
    for name in ("cats", "dogs"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for i in range(10):
            file = tmp_path / "mine" / name / f"{i}.png"
            file.write_bytes(encoded_image("PNG", "RGB"))
    images = {
        split: pipelines.read(
            "image_folder", split, data_dir=tmp_path, split_fraction=0.3
        )
        for split in ("train", "validation")
    }
    assert [len(i) for i in images.values()] == [14, 6]
    assert images["train"].class_names == ("cats", "dogs")
    message = "set `split_fraction`, for example to 0.2"
    with pytest.raises(DataError, match=message):
        pipelines.read("image_folder", "train", data_dir=tmp_path)
    with pytest.raises(DataError, match="between 0 and 1"):
        pipelines.read(
            "image_folder", "train", data_dir=tmp_path, split_fraction=2.0
        )


def test_read_split_fraction_with_split_folders_raises(tmp_path):
    path = write_files({"train/a.jpg": b"", "val/b.jpg": b""}, tmp_path / "d")
    message = "train and val already.*Argument `split_fraction` must be None"
    with pytest.raises(DataError, match=message):
        pipelines.read(
            "image_folder", "train", data_dir=path, split_fraction=0.5
        )

"""Tiny-ImageNet in its official layout, intact and broken."""

import numpy as np
import pytest

import pipelines
from tests.pipelines.fakes import (
    WNIDS,
    image_folder_files,
    jpeg,
    tiny_imagenet_files,
    write_files,
)

FILES = tiny_imagenet_files(3)


@pytest.mark.parametrize("file", ["folder", "a.zip"])
@pytest.mark.parametrize("top", ["", "tiny-imagenet-200/"])
def test_read_official_layout_returns_both_splits(tmp_path, file, top):
    path = write_files(tiny_imagenet_files(), tmp_path / file, top)
    train = pipelines.read("tiny_imagenet", "train", data_dir=path)
    assert train.pixels.shape == (36, 64, 64, 3)
    assert train.pixels.dtype == np.uint8
    assert train.class_names == WNIDS
    assert train.labels.tolist() == [0] * 12 + [1] * 12 + [2] * 12
    is_gray = (train.pixels[..., :1] == train.pixels).all(axis=(1, 2, 3))
    assert is_gray.tolist() == [i % 5 == 0 for i in range(12)] * 3
    validation = pipelines.read("tiny_imagenet", "validation", data_dir=path)
    assert validation.labels.tolist() == [0, 0, 1, 1, 2, 2]


def test_read_has_classes_in_words(tmp_path):
    def read(name, words):
        files = {**FILES, "words.txt": words}
        path = write_files(files, tmp_path / name)
        return pipelines.read("tiny_imagenet", "train", data_dir=path)

    words = b"n01\tcrane\nn02\tgoldfish, Carassius auratus\nn9\tx\n"
    images = read("a.zip", words)
    assert images.class_names == WNIDS
    # The list has no words for n03.
    assert images.display_names == ("goldfish", "crane", "n03")
    same = b"n01\tcrane, bird\nn02\tcrane, machine\nn03\tcat, tom\n"
    names = read("b.zip", same).display_names
    assert names == ("crane, machine", "crane, bird", "cat")
    # Words that cannot be read stop nothing.
    assert read("c.zip", b"n01\t\xff\n").display_names == WNIDS


def _without(prefix):
    return {k: v for k, v in FILES.items() if not k.startswith(prefix)}


def _with(name, data):
    return {**FILES, name: data}


BROKEN = {
    "no_annotations": (
        _without("val/val_annotations"),
        r"val_annotations\.txt: missing",
    ),
    "no_training_images": (
        _without("train/n01"),
        "tiny_imagenet train: class 'n01' has no images",
    ),
    "unlisted_class": (
        _with("train/n99/images/n99_0.JPEG", jpeg(1)),
        "n99: a class that wnids.txt does not list",
    ),
    "unlisted_label": (
        _with("val/val_annotations.txt", b"val_0.JPEG\tn77\t0\t0\t9\t9"),
        "line 1: class 'n77', which wnids.txt does not list",
    ),
    "missing_file": (
        _with("val/val_annotations.txt", b"\nval_9.JPEG\tn01"),
        r"val/images/val_9\.JPEG is missing",
    ),
    "no_columns": (
        _with("val/val_annotations.txt", b"val_0.JPEG n01"),
        "line 1: the line must be 'file<TAB>wnid",
    ),
    "damaged_image": (
        _with("train/n02/images/n02_1.JPEG", jpeg(1)[:200]),
        r"n02_1\.JPEG: damaged image",
    ),
    "no_classes": (
        _with("wnids.txt", b""),
        "no classes; at least 2 are needed",
    ),
    "duplicate_class": (
        _with("wnids.txt", b"n01\nn02\nn01"),
        "class 'n01' appears twice",
    ),
    "another_layout": (image_folder_files(), r"no wnids.txt.*train, val"),
}


@pytest.mark.parametrize("file", ["folder", "a.zip"])
@pytest.mark.parametrize("case", BROKEN)
def test_read_broken_layout_raises_one_line(tmp_path, case, file):
    files, message = BROKEN[case]
    path = write_files(files, tmp_path / file)
    with pytest.raises(pipelines.DataError, match=message) as caught:
        for split in ("train", "validation"):
            pipelines.read("tiny_imagenet", split, data_dir=path)
    assert "\n" not in str(caught.value)


def test_read_images_that_no_list_has_are_reported(tmp_path):
    files = FILES | {
        "train/n01/images/more/n01_9.JPEG": jpeg(1),
        "val/images/val_99.JPEG": jpeg(1),
        "val/images/val_98.JPEG": jpeg(1),
        "test/images/test_0.JPEG": jpeg(1),
    }
    path = write_files(files, tmp_path / "d")
    with pytest.warns(pipelines.DataWarning, match="left out 1 images outside"):
        train = pipelines.read("tiny_imagenet", "train", data_dir=path)
    assert len(train) == 9
    message = r"2 images that val/val_annotations.txt does not list; .*val_98"
    with pytest.warns(pipelines.DataWarning, match=message):
        pipelines.read("tiny_imagenet", "validation", data_dir=path)

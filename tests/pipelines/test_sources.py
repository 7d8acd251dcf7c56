"""Data sets as they lie on disk, whole and broken."""

import numpy as np
import pytest

import pipelines
from tests.pipelines import fakes


@pytest.mark.parametrize("where", ["folder", "a.zip"])
@pytest.mark.parametrize("top", ["", "tiny-imagenet-200/"])
def test_tiny_imagenet(tmp_path, where, top):
    path = fakes.write(fakes.tiny_imagenet(), tmp_path / where, top)
    train = pipelines.read("tiny_imagenet", "train", data_dir=path)
    assert train.pixels.shape == (36, 64, 64, 3)
    assert train.pixels.dtype == np.uint8
    assert train.class_names == fakes.WNIDS
    assert train.labels.tolist() == [0] * 12 + [1] * 12 + [2] * 12
    gray = (train.pixels[..., :1] == train.pixels).all(axis=(1, 2, 3))
    assert gray.tolist() == [i % 5 == 0 for i in range(12)] * 3
    validation = pipelines.read("tiny_imagenet", "validation", data_dir=path)
    assert validation.labels.tolist() == [0, 0, 1, 1, 2, 2]


def test_decoding_is_the_librarys(tmp_path):
    """The second image in natural order is 1, the third 2, not 10."""
    import io

    from PIL import Image

    files = fakes.image_folder()
    path = fakes.write(files, tmp_path / "d")
    train = pipelines.read("image_folder", "train", data_dir=path)
    for i in (0, 2, 10):
        image = Image.open(io.BytesIO(files[f"train/ant/p{i}.jpg"]))
        off = np.asarray(image).astype(int) - train.pixels[i]
        assert np.abs(off).mean() < 2


def test_first_classes_and_first_images(tmp_path):
    path = fakes.write(fakes.tiny_imagenet(), tmp_path / "d")
    options = {"data_dir": path, "classes": 2, "images_per_class": 3}
    train = pipelines.read("tiny_imagenet", "train", **options)
    whole = pipelines.read("tiny_imagenet", "train", data_dir=path)
    assert train.class_names == fakes.WNIDS[:2]
    np.testing.assert_array_equal(
        train.pixels, whole.pixels[[0, 1, 2, 12, 13, 14]]
    )
    validation = pipelines.read("tiny_imagenet", "validation", **options)
    assert len(validation) == 4


@pytest.mark.parametrize("evaluation", ["val", "test"])
@pytest.mark.parametrize("where,top", [("d", ""), ("d.zip", "mine/")])
def test_image_folder(tmp_path, evaluation, where, top):
    path = fakes.write(fakes.image_folder(evaluation), tmp_path / where, top)
    train = pipelines.read("image_folder", "train", data_dir=path)
    assert train.class_names == ("ant", "bee")
    assert len(train) == 22
    held = pipelines.read(
        "image_folder", "validation", data_dir=path, image_size=16
    )
    assert held.pixels.shape == (2, 16, 16, 3)


def test_digits():
    train = pipelines.read("digits", "train")
    held = pipelines.read("digits", "validation")
    assert len(train) + len(held) == 1797
    assert train.pixels.shape[1:] == (8, 8, 1)
    assert train.pixels.max() == 255
    rows = {p.tobytes() for p in train.pixels}
    assert not rows & {p.tobytes() for p in held.pixels}
    assert set(held.labels) == set(range(10))


def test_resizing_keeps_the_middle(tmp_path):
    """A wide image loses its sides, not its proportions."""
    import io

    from PIL import Image

    wide = np.zeros((32, 96, 3), np.uint8)
    wide[:, 32:64] = 200
    buffer = io.BytesIO()
    Image.fromarray(wide).save(buffer, "PNG")
    files = fakes.image_folder()
    files["train/ant/p0.jpg"] = buffer.getvalue()
    path = fakes.write(files, tmp_path / "d")
    train = pipelines.read(
        "image_folder", "train", data_dir=path, image_size=16
    )
    assert (train.pixels[0, :, 2:-2] == 200).all()


def _without(files, *beginnings):
    return {k: v for k, v in files.items() if not k.startswith(beginnings)}


def _with(files, name, data):
    return {**files, name: data}


TINY = fakes.tiny_imagenet(3)
OWN = fakes.image_folder()
BROKEN = {
    "no annotations": (
        "tiny_imagenet",
        _without(TINY, "val/val_annotations"),
        r"val_annotations\.txt: missing",
    ),
    "no training images": (
        "tiny_imagenet",
        _without(TINY, "train/n01"),
        "tiny_imagenet train: class 'n01' has no images",
    ),
    "a class too many": (
        "tiny_imagenet",
        _with(TINY, "train/n99/images/n99_0.JPEG", fakes.jpeg(1)),
        "n99: a class that wnids.txt does not list",
    ),
    "an unknown label": (
        "tiny_imagenet",
        _with(TINY, "val/val_annotations.txt", b"val_0.JPEG\tn77\t0\t0\t9\t9"),
        "line 1: class 'n77', which wnids.txt does not list",
    ),
    "a missing file": (
        "tiny_imagenet",
        _with(TINY, "val/val_annotations.txt", b"\nval_9.JPEG\tn01"),
        r"val/images/val_9\.JPEG is missing",
    ),
    "no columns": (
        "tiny_imagenet",
        _with(TINY, "val/val_annotations.txt", b"val_0.JPEG n01"),
        "line 1: not 'file<TAB>wnid",
    ),
    "a damaged image": (
        "tiny_imagenet",
        _with(TINY, "train/n02/images/n02_1.JPEG", fakes.jpeg(1)[:200]),
        r"n02_1\.JPEG: damaged image",
    ),
    "no image at all": (
        "image_folder",
        _with(OWN, "train/ant/p3.jpg", b"hello"),
        r"p3\.jpg: damaged image",
    ),
    "an empty file": (
        "image_folder",
        _with(OWN, "val/bee/q.png", b""),
        r"q\.png: damaged image",
    ),
    "other sizes": (
        "image_folder",
        _with(OWN, "train/bee/p1.jpg", fakes.jpeg(1, 40)),
        "p1.jpg: 40x40 pixels.*32x32: give --image_size",
    ),
    "no evaluation part": (
        "image_folder",
        _without(OWN, "val/"),
        "no images in val, validation, test",
    ),
    "a class that training lacks": (
        "image_folder",
        _with(OWN, "val/cat/q.png", fakes.jpeg(1)),
        "val/cat: a class that train/ lacks",
    ),
    "one class": (
        "image_folder",
        _without(OWN, "train/bee", "val/bee"),
        "1 classes; at least 2 are needed",
    ),
    "no classes at all": (
        "tiny_imagenet",
        _with(TINY, "wnids.txt", b""),
        "no classes; at least 2 are needed",
    ),
    "a class twice": (
        "tiny_imagenet",
        _with(TINY, "wnids.txt", b"n01\nn02\nn01"),
        "class 'n01' is there twice",
    ),
    "a class of other files": (
        "image_folder",
        _with(OWN, "train/cat/a.webp", b"RIFF"),
        "train/cat: none of its files is an image",
    ),
    "nothing of it": ("tiny_imagenet", OWN, r"no wnids.txt in it.*train, val"),
}


@pytest.mark.parametrize("where", ["folder", "a.zip"])
@pytest.mark.parametrize("case", BROKEN)
def test_broken(tmp_path, case, where):
    name, files, message = BROKEN[case]
    path = fakes.write(files, tmp_path / where)
    with pytest.raises(pipelines.DataError, match=message) as caught:
        for split in ("train", "validation"):
            pipelines.read(name, split, data_dir=path)
    assert "\n" not in str(caught.value)


def test_nothing_there(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.zip").write_bytes(b"PK no zip")
    for path, message in (
        (tmp_path / "nowhere", "no such folder or zip"),
        (tmp_path / "empty", "empty"),
        (tmp_path / "bad.zip", "not a readable zip"),
        (None, "needs --data_dir"),
    ):
        with pytest.raises(pipelines.DataError, match=message):
            pipelines.read("tiny_imagenet", "train", data_dir=path)


@pytest.mark.parametrize(
    "options,message",
    [
        ({"classes": 4}, "3 classes, fewer than --classes=4"),
        ({"classes": 1}, "at least 2"),
        ({"images_per_class": 9}, "has 3 images, fewer than"),
        ({"images_per_class": 0}, "at least 1"),
    ],
)
def test_selections_that_cannot_be(tmp_path, options, message):
    path = fakes.write(TINY, tmp_path / "d")
    with pytest.raises(pipelines.DataError, match=message):
        pipelines.read("tiny_imagenet", "train", data_dir=path, **options)


@pytest.mark.photos
def test_the_real_ones(photos):
    path = photos / "tiny-imagenet-50x200.zip"
    train = pipelines.read("tiny_imagenet", "train", data_dir=path)
    assert train.pixels.shape == (10000, 64, 64, 3)
    assert np.bincount(train.labels).tolist() == [200] * 50
    held = pipelines.read("tiny_imagenet", "validation", data_dir=path)
    assert np.bincount(held.labels).tolist() == [50] * 50
    gray = sum(
        (x.pixels[..., :1] == x.pixels).all(axis=(1, 2, 3)).sum()
        for x in (train, held)
    )
    # The 190 files of one channel; hardly a photograph is gray in three.
    assert 190 <= gray <= 240
    euro = pipelines.read(
        "image_folder", "validation", data_dir=photos / "eurosat.zip"
    )
    assert euro.pixels.shape == (1000, 64, 64, 3)


def test_linked_class_folders_count(tmp_path):
    fakes.write(fakes.image_folder(), tmp_path / "d")
    (tmp_path / "d" / "train" / "bee").rename(tmp_path / "bees")
    (tmp_path / "d" / "train" / "bee").symlink_to(tmp_path / "bees")
    train = pipelines.read("image_folder", "train", data_dir=tmp_path / "d")
    assert len(train) == 22

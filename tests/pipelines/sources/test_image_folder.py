"""Class folders, intact and broken, and the split by a fraction."""

import io
import warnings
import zipfile

import pytest
from PIL import Image

import pipelines
from pipelines.errors import DataError
from pipelines.sources import image_folder
from tests.pipelines.fakes import (
    encoded_image,
    image_folder_files,
    jpeg,
    write_files,
)

FILES = image_folder_files()
PNG = encoded_image("PNG", "RGB")


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
        _with("train/cat/a.heic", b"ftyp"),
        r"train/cat: none of the files is an image .*\(\.heic 1\)",
    ),
    "validation_class_without_images": (
        _with("val/cat/x/a.heic", b"ftyp"),
        r"val/cat: none of the files is an image .*\(\.heic 1\)",
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


def _read(path, split="train", **options):
    """Read a split, and return the images and the texts of the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        images = pipelines.read("image_folder", split, data_dir=path, **options)
    assert {w.category for w in caught} <= {pipelines.DataWarning}
    # A warning points at the line that called `pipelines`.
    assert {w.filename for w in caught} <= {__file__}
    return images, [str(w.message) for w in caught]


@pytest.mark.parametrize("file", ["d", "d.zip"])
def test_read_nested_folders_belong_to_their_class(tmp_path, file):
    """As in `keras.utils.image_dataset_from_directory`."""
    files = {
        f"{split}/{name}{sub}/{i}.png": PNG
        for split in ("train", "val")
        for name, sub in (("cat", ""), ("horse", "/2021/may"), ("horse", "/2"))
        for i in range(3)
    }
    path = write_files(files, tmp_path / file)
    images, messages = _read(path)
    assert images.class_names == ("cat", "horse")
    assert images.labels.tolist() == [0] * 3 + [1] * 6
    assert messages == []
    assert len(_read(path, "validation")[0]) == 9


def test_read_suffixes_that_pillow_reads_are_images(tmp_path):
    webp, tiff = (encoded_image(f, "RGB") for f in ("WEBP", "TIFF"))
    files = {
        "train/a/0.png": PNG,
        "train/a/1.webp": webp,
        "train/b/0.TIF": tiff,
    }
    images, messages = _read(write_files(files, tmp_path))
    assert images.labels.tolist() == [0, 0, 1]
    assert messages == []


@pytest.mark.parametrize("file", ["d", "d.zip"])
def test_read_reports_all_that_is_left_out(tmp_path, file):
    files = FILES | {
        "train/ant/Thumbs.db": b"",
        "train/ant/x/photo.HEIC": b"",
        "train/bee/notes": b"",
        "train/bee/.DS_Store": b"",
        "train/stray.png": PNG,
        "more/ant/0.png": PNG,
        "more/ant/1.png": PNG,
        "README.txt": b"",
        "val/bee/list.csv": b"",
        "test/ant/0.png": PNG,
    }
    path = write_files(files, tmp_path / file)
    images, messages = _read(path)
    where = f"{path}:" if file == "d.zip" else f"{path}/"
    assert messages == [
        "image_folder train: left out 3 files without the suffix of an image "
        "(.db 1, .heic 1, no suffix 1); the first is "
        f"{where}train/ant/Thumbs.db",
        "image_folder train: left out 1 images outside the class folders; the "
        f"first is {where}train/stray.png",
        "image_folder train: left out 2 images outside train/; the first is "
        f"{where}more/ant/0.png",
    ]
    assert len(images) == 22
    assert [o.count for o in images.omissions] == [3, 1, 2]
    images, messages = _read(path, "validation", image_size=16)
    assert messages == [
        "image_folder validation: left out 1 files without the suffix of an "
        f"image (.csv 1); the first is {where}val/bee/list.csv",
        "image_folder validation: left out 1 images outside val/; the first "
        f"is {where}test/ant/0.png",
    ]
    assert len(images) == 2


@pytest.mark.parametrize("file", ["d", "d.zip"])
@pytest.mark.parametrize("fraction", [None, 0.5])
def test_read_empty_class_folder_is_reported(tmp_path, file, fraction):
    """The folder has no file, or one in no class folder."""
    prefix = "top/" if fraction else "train/"
    files = {f"{prefix}{c}/{i}.png": PNG for c in "ab" for i in range(4)}
    path = write_files(files, tmp_path / file)
    if file == "d.zip":
        with zipfile.ZipFile(path, "a") as archive:
            archive.mkdir(f"{prefix}horse")
    else:
        (path / prefix / "horse" / "2021").mkdir(parents=True)
    images, (message,) = _read(path, split_fraction=fraction)
    assert images.class_names == ("a", "b")
    assert "left out 1 class folders without a file; the first is" in message
    assert message.endswith(f"{prefix}horse")


def test_read_split_fraction_reads_and_reports_as_with_splits(tmp_path):
    webp = encoded_image("WEBP", "RGB")
    files = {f"cat/{i}.png": PNG for i in range(4)}
    files |= {f"dog/{i}.webp": webp for i in range(4)}
    files |= {f"horse/{year}/{i}.png": PNG for year in "12" for i in range(4)}
    files |= {"horse/list.csv": b"", "boxes/0.xml": b"", "stray.jpg": b""}
    path = write_files(files, tmp_path / "d")
    train, messages = _read(path, split_fraction=0.25)
    assert train.class_names == ("cat", "dog", "horse")
    assert [m.split("left out ")[1] for m in messages] == [
        "2 files without the suffix of an image (.xml 1, .csv 1); the first "
        f"is {path}/boxes/0.xml",
        f"1 images outside the class folders; the first is {path}/stray.jpg",
        f"1 folders without an image; the first is {path}/boxes",
    ]
    validation, messages = _read(path, "validation", split_fraction=0.25)
    assert messages == []
    assert train.labels.tolist() == [0] * 3 + [1] * 3 + [2] * 6
    assert validation.labels.tolist() == [0, 1, 2, 2]


def test_read_split_fraction_of_nested_split_folders_raises(tmp_path):
    path = write_files(FILES, tmp_path / "d")
    with pytest.raises(DataError, match="train and val already"):
        _read(path, split_fraction=0.5)


def test_read_split_fraction_reads_a_class_named_train(tmp_path):
    files = [f"{name}/{i}.png" for name in ("bus", "train") for i in range(3)]
    path = write_files(dict.fromkeys(files, PNG), tmp_path / "d")
    train, _ = _read(path, split_fraction=0.5)
    validation, _ = _read(path, "validation", split_fraction=0.5)
    assert train.class_names == ("bus", "train")
    assert sorted([*train.labels, *validation.labels]) == [0] * 3 + [1] * 3


def test_read_split_without_class_folders_says_so(tmp_path):
    files = {"train/1.png": PNG, "val/1.png": PNG}
    with pytest.raises(DataError, match="1 images, but no class folders"):
        _read(write_files(files, tmp_path / "d"))


def test_read_links_to_a_parent_are_reported(tmp_path):
    path = write_files(FILES, tmp_path / "d")
    for link in ("all", "latest"):
        (path / "train" / link).symlink_to("..", target_is_directory=True)
    images, (message,) = _read(path)
    assert images.class_names == ("ant", "bee")
    assert message == (
        "image_folder train: left out 2 symbolic links to a folder that "
        f"contains them; the first is {path}/train/all"
    )


@pytest.mark.parametrize("created", [("c1", "c01"), ("c01", "c1")])
def test_read_classes_that_differ_in_zeros_have_fixed_labels(tmp_path, created):
    """Neither the order of creation nor the file names change the labels."""
    for first in (0, 5):
        files = {f"train/{name}/{i}.png": PNG for i, name in enumerate(created)}
        files[f"train/c01/{first}.png"] = PNG
        path = write_files(files, tmp_path / str(first))
        assert _read(path)[0].class_names == ("c01", "c1")


def test_read_class_order_is_natural_and_that_of_the_files(tmp_path):
    """The order of names with digits, spaces and hyphens never changes."""
    names = ("1", "02", "B", "_", "a1", "a2", "a10", "a b", "a-b", "a")
    files = {f"train/{name}/0.png": PNG for name in sorted(names)}
    images, _ = _read(write_files(files, tmp_path))
    assert images.class_names == names


@pytest.mark.parametrize(
    ("files", "result"),
    [
        (["train/ant/1.png", "val/ant/1.png"], True),
        (["mine/train/ant/1.png", "mine/val/ant/1.png"], True),
        (["ant/1.png", "bee/train.png"], False),
        # A class, unless another split stands beside it.
        (["ant/1.png", "train/1.png"], False),
        (["ant/train/1.png", "bee/train/1.png"], False),
        (["train/1.png", "val/1.png"], True),
    ],
)
def test_has_split_folders_finds_train(tmp_path, files, result):
    path = write_files(dict.fromkeys(files, PNG), tmp_path / "d")
    assert image_folder.has_split_folders(path) is result


def test_have_equal_sizes_turns_photographs_and_ignores_damage(tmp_path):
    def image(height, width, orientation=1):
        file = io.BytesIO()
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.new("RGB", (width, height)).save(file, "JPEG", exif=exif)
        return file.getvalue()

    def equal(name, *images):
        files = {f"train/ant/{i}.jpg": data for i, data in enumerate(images)}
        path = write_files(files, tmp_path / name)
        split = image_folder.open_split(
            "train",
            data_dir=path,
            data_set=pipelines.DATA_SETS["image_folder"],
            split_fraction=None,
        )
        return image_folder.have_equal_sizes(split)

    assert equal("turned", image(8, 16), image(16, 8, orientation=6), b"no")
    # Of this truncated PGM image, Pillow raises a ValueError.
    assert equal("truncated", image(8, 16), b"P5\n10")
    assert not equal("other", image(8, 16), image(16, 8))

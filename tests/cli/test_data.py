import numpy as np
import pytest

import pipelines
from pipelines.errors import DataNotPreparedError
from seal_tf.cli import data
from seal_tf.cli.data import (
    DataSettings,
    complete_size,
    complete_split,
    read_splits,
)
from seal_tf.cli.flags import parse
from seal_tf.cli.train.flags import define_train_flags
from tests.pipelines.fakes import (
    encoded_image,
    image_folder_files,
    write_files,
)


def test_from_flags_takes_every_flag():
    words = ["--dataset=digits", "--classes=4", "--image_size=16"]
    flags = parse(define_train_flags, "", [*words, "--progress=bar"])
    assert DataSettings.from_flags(flags) == DataSettings(
        "digits", classes=4, image_size=16, show_bar=True
    )


@pytest.mark.parametrize(
    ("settings", "label"),
    [
        (DataSettings("digits"), "digits"),
        (DataSettings("image_folder", "/data/birds"), "birds"),
        (DataSettings("image_folder", "/data/v.2024"), "v.2024"),
        (DataSettings("image_folder", "/data/birds.zip"), "birds"),
        (
            DataSettings("digits", skip_classes=2, images_per_class=5),
            "digits, classes 3 to 10, 5 a class",
        ),
    ],
)
def test_label_names_data_folder_and_selection(settings, label):
    assert settings.label(8) == label


def test_read_splits_prints_counts_and_returns_images(capsys):
    train, validation = read_splits(
        DataSettings("digits", classes=3, images_per_class=5)
    )
    assert len(train) == 15
    assert train.image_shape == validation.image_shape == (8, 8, 1)
    assert "15 training and" in capsys.readouterr().out
    (fingerprint, _) = data.fingerprints((train, validation))
    assert fingerprint["images"] == 15
    assert fingerprint["classes"] == ["0", "1", "2"]


def test_read_splits_prints_what_is_left_out_once(tmp_path, capsys, recwarn):
    files = image_folder_files() | {"train/ant/x.heic": b"", "val/y.png": b""}
    path = str(write_files(files, tmp_path / "d"))
    read_splits(DataSettings("image_folder", path, image_size=16))
    assert [
        line.split("; the first is ")[0]
        for line in capsys.readouterr().out.splitlines()
        if "left out" in line
    ] == [
        "image_folder train: left out 1 files without the suffix of an image "
        "(.heic 1)",
        "image_folder validation: left out 1 images outside the class folders",
    ]
    assert not [w for w in recwarn if w.category is pipelines.DataWarning]


def test_read_splits_unprepared_data_names_the_command(monkeypatch):
    def read(*args, **kwargs):
        raise DataNotPreparedError("not prepared.", "cifar100", "DATA")

    monkeypatch.setattr(pipelines, "read", read)
    with pytest.raises(
        pipelines.DataError,
        match="seal_tf.prepare_data --dataset=cifar100 --data_dir=DATA",
    ):
        read_splits(DataSettings("cifar100", "DATA"))


def _class_folders(path, sizes=(32, 32)):
    """Write folders of two classes, without train/ and val/."""
    files = {
        f"{name}/{i}.png": encoded_image(
            "PNG", "RGB", np.full((size, size, 3), i, np.uint8)
        )
        for name, size in zip(("ant", "bee"), sizes, strict=True)
        for i in range(8)
    }
    return DataSettings("image_folder", str(write_files(files, path)))


def test_complete_split_chooses_a_fraction_for_a_folder_without_splits(
    tmp_path, capsys
):
    settings = complete_split(_class_folders(tmp_path / "a"))
    assert settings.split_fraction == 0.2
    assert "--split_fraction=0.2" in capsys.readouterr().out
    train, validation = read_splits(settings)
    assert (len(train), len(validation)) == (12, 4)
    path = str(write_files(image_folder_files(), tmp_path / "b"))
    for complete in (DataSettings("image_folder", path), settings):
        assert complete_split(complete) is complete
    assert not capsys.readouterr().out.count("--split_fraction")


def test_complete_size_resizes_a_folder_of_several_sizes(tmp_path, capsys):
    equal = complete_split(_class_folders(tmp_path / "equal"))
    assert complete_size(equal) is equal
    other = complete_split(_class_folders(tmp_path / "other", (32, 40)))
    assert complete_size(other).image_size == 64
    assert "--image_size=64" in capsys.readouterr().out

"""Our TFDS builders on fake archives in the official layouts."""

import io
import tarfile
import tempfile
from pathlib import Path

import pytest
import tensorflow_datasets as tfds

import pipelines
from pipelines import DATA_SETS, prepare
from pipelines.builders.fgvc_aircraft import FgvcAircraft
from pipelines.builders.mit_indoor67 import MitIndoor67
from pipelines.builders.tiny_imagenet import TinyImagenet
from pipelines.errors import DataError
from seal_tf import prepare_data
from tests.pipelines import fakes


def tar(files, path, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def tiny(folder):
    path = folder / "tiny-imagenet-200.zip"
    fakes.write(fakes.tiny_imagenet(3), path, "tiny-imagenet-200/")


def aircraft(folder):
    variants = ["707-320", "727-200", "A310"]
    top = "fgvc-aircraft-2013b/data/"
    files = {f"{top}variants.txt": "\n".join(variants).encode()}
    number = 100000
    for part, count in (("train", 2), ("val", 1), ("test", 2)):
        rows = []
        for variant in variants:
            for _ in range(count):
                number += 1
                files[f"{top}images/0{number}.jpg"] = fakes.jpeg(number, 40)
                rows.append(f"0{number} {variant}")
        listing = "\n".join(rows) + "\n"
        files[f"{top}images_variant_{part}.txt"] = listing.encode()
    tar(files, folder / "fgvc-aircraft-2013b.tar.gz", "w:gz")


def indoor(folder):
    files, listed = {}, {"Train": [], "Test": []}
    for room in ("bar", "church_inside"):
        for i in range(5):
            name = f"{room}/{room}_{i}.jpg"
            files[f"Images/{name}"] = fakes.jpeg(i, 48)
            # The fifth is on neither list, as most of the real ones.
            if i < 4:
                listed["Train" if i < 3 else "Test"].append(name)
    tar(files, folder / "indoorCVPR_09.tar")
    for part, names in listed.items():
        (folder / f"{part}Images.txt").write_text("\n".join(names) + "\n")


class _Case:
    """What the three have in common: archives are made, not committed."""

    SKIP_CHECKSUMS = True

    @classmethod
    def setUpClass(cls):
        cls._room = tempfile.TemporaryDirectory()
        cls.dummy_data = Path(cls._room.name)
        cls.MAKE(cls.dummy_data)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls._room.cleanup()


class TinyImagenetTest(_Case, tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = TinyImagenet
    MAKE = staticmethod(tiny)
    SPLITS = {"train": 9, "validation": 6}
    DL_DOWNLOAD_RESULT = {"tiny-imagenet-200.zip": "tiny-imagenet-200.zip"}


class FgvcAircraftTest(_Case, tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = FgvcAircraft
    MAKE = staticmethod(aircraft)
    SPLITS = {"train": 6, "validation": 3, "test": 6}
    DL_DOWNLOAD_RESULT = {
        "fgvc-aircraft-2013b.tar.gz": "fgvc-aircraft-2013b.tar.gz"
    }


class MitIndoor67Test(_Case, tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = MitIndoor67
    MAKE = staticmethod(indoor)
    SPLITS = {"train": 6, "test": 2}
    DL_DOWNLOAD_RESULT = {
        name: name
        for name in ("indoorCVPR_09.tar", "TrainImages.txt", "TestImages.txt")
    }


def run(*words):
    """Runs `prepare_data`; returns its exit code."""
    try:
        return prepare_data.main(list(words))
    except SystemExit as stopped:
        return stopped.code


@pytest.mark.parametrize(
    ("name", "make", "counts"),
    [
        ("tiny_imagenet", tiny, (9, 6)),
        ("fgvc_aircraft", aircraft, (9, 6)),
        ("mit_indoor67", indoor, (6, 2)),
    ],
)
def test_prepared_then_read(tmp_path, capsys, name, make, counts):
    """By the command, from archives that the user put down; then decoded."""
    (tmp_path / "down").mkdir()
    make(tmp_path / "down")
    words = [f"--dataset={name}", f"--data_dir={tmp_path / 'data'}"]
    words += [f"--archive_dir={tmp_path / 'down'}"]
    assert run(*words) == 0
    said = capsys.readouterr().out
    for archive in DATA_SETS[name].archives:
        assert f"{archive}, about" in said
    assert DATA_SETS[name].licence in said
    assert f"{name} is prepared in" in said
    found = [
        pipelines.read(name, split, data_dir=tmp_path / "data", image_size=32)
        for split in ("train", "validation")
    ]
    assert tuple(map(len, found)) == counts
    assert found[0].class_names == found[1].class_names
    if name == "tiny_imagenet":
        assert found[0].class_names == fakes.WNIDS
        # As from the zip itself: the same images in every class.
        archive = tmp_path / "down" / "tiny-imagenet-200.zip"
        zipped = pipelines.read(name, "train", data_dir=archive, image_size=32)
        assert sorted(map(bytes, zipped.pixels)) == sorted(
            map(bytes, found[0].pixels)
        )
    assert run(*words) == 0
    assert "already" in capsys.readouterr().out


def test_hostile_and_broken_archives_leave_nothing(tmp_path, capsys):
    down = tmp_path / "down"
    down.mkdir()
    words = ["--dataset=tiny_imagenet", f"--data_dir={tmp_path / 'data'}"]
    words += [f"--archive_dir={down}"]
    files = fakes.tiny_imagenet(2) | {"../../evil": b"x"}
    fakes.write(files, down / "tiny-imagenet-200.zip")
    assert run(*words) == 2
    said = capsys.readouterr().err
    assert "member '../../evil' is refused" in said
    assert not list(tmp_path.rglob("evil"))
    files = fakes.tiny_imagenet(2)
    del files["val/val_annotations.txt"]
    (down / "tiny-imagenet-200.zip").unlink()
    fakes.write(files, down / "tiny-imagenet-200.zip")
    assert run(*words) == 2
    assert "no val/val_annotations.txt in it" in capsys.readouterr().err
    with pytest.raises(DataError, match="empty|no wnids.txt"):
        pipelines.read("tiny_imagenet", "train", data_dir=tmp_path / "data")


def test_another_file_of_that_name(tmp_path, capsys):
    (tmp_path / "cifar-100-binary.tar.gz").write_bytes(b"not it")
    words = ["--dataset=cifar100", f"--data_dir={tmp_path / 'data'}"]
    assert run(*words, f"--archive_dir={tmp_path}") == 2
    said = capsys.readouterr().err
    assert "broken or another file: its SHA-256 is" in said
    assert "(168,513,733 bytes) is published" in said


def test_what_training_says_before(tmp_path):
    with pytest.raises(DataError, match="python -m seal_tf.prepare_data"):
        pipelines.read("cifar10", "train", data_dir=tmp_path)
    with pytest.raises(DataError, match="svhn needs --data_dir"):
        pipelines.read("svhn", "train")


def test_dry_run_says_what_is_needed(tmp_path, capsys):
    words = ["--dry_run", f"--data_dir={tmp_path / 'none'}"]
    for name, data_set in DATA_SETS.items():
        if data_set.can_be_prepared:
            assert run(f"--dataset={name}", *words) == 0
            said = capsys.readouterr().out
            assert all(a in said for a in data_set.archives), name
            assert "http" in said
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "name", [n for n, d in DATA_SETS.items() if d.tfds is not None]
)
def test_read_what_tfds_prepared(tmp_path, monkeypatch, name):
    """TFDS' own builders, mocked by its own records."""
    from pipelines.sources import prepared

    data_set = DATA_SETS[name]
    monkeypatch.setattr(prepared, "is_prepared", lambda *_: True)
    with tfds.testing.mock_data(num_examples=40):
        found = {
            split: prepared.split(
                split,
                data_dir=tmp_path,
                data_set=data_set,
                split_fraction=None,
            )
            for split in ("train", "validation")
        }
        train = found["train"]
        names = prepared.builder(tmp_path, data_set).info.features["label"]
        assert list(train.classes) == names.names
        keys = [k for mine in train.classes.values() for k in mine]
        streamed = dict(train.stream(keys[:3]))
        assert sorted(streamed) == [0, 1, 2]
        assert streamed[1] == train.read(keys[1])
    counts = [sum(map(len, found[s].classes.values())) for s in found]
    if data_set.held_out:
        assert sum(counts) == 40
    else:
        assert counts[1] == 40


def test_needed_files_are_known():
    """Sizes and checksums are TFDS' own lists', not ours."""
    data_set = DATA_SETS["cub200"]
    from pipelines.sources.prepared import builder

    found = prepare.needed(builder("/nowhere", data_set), data_set)
    assert found[0][0] == "CUB_200_2011.tgz"
    assert found[0][2] == 1150585339
    assert len(found[0][3]) == 64

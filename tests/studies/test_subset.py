"""Tests of the studies' subset of Tiny-ImageNet."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import pipelines
from studies import subset
from tests.pipelines import fakes


def test_main_copies_the_first_classes_and_images(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(subset, "CLASSES", 2)
    monkeypatch.setattr(subset, "IMAGES", 3)
    official, out = tmp_path / "official.zip", tmp_path / "DATA" / "subset.zip"
    files = fakes.tiny_imagenet_files()
    with zipfile.ZipFile(official, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"{subset.TOP_FOLDER}/{name}", data)
    assert subset.main([str(official), str(out)]) == 0
    assert "10 images of 2 classes" in capsys.readouterr().out
    train = pipelines.read("tiny_imagenet", "train", data_dir=str(out))
    validation = pipelines.read(
        "tiny_imagenet", "validation", data_dir=str(out)
    )
    assert tuple(train.class_names) == tuple(fakes.WNIDS[:2])
    assert (len(train), len(validation)) == (6, 4)
    selected = pipelines.read(
        "tiny_imagenet",
        "train",
        data_dir=str(official),
        classes=2,
        images_per_class=3,
    )
    assert (train.pixels == selected.pixels).all()


@pytest.mark.parametrize("content", ["missing", "no archive", "other archive"])
def test_main_with_another_file_exits_with_one_line(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line names the file, and no partial file remains."""
    official, out = tmp_path / "official.zip", tmp_path / "subset.zip"
    if content == "no archive":
        official.write_bytes(b"PK")
    if content == "other archive":
        with zipfile.ZipFile(official, "w") as archive:
            archive.writestr("readme.txt", "hello")
    with pytest.raises(SystemExit) as error:
        subset.main([str(official), str(out)])
    assert error.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"seal_tf: {official}: ")
    assert list(tmp_path.iterdir()) == [official] * official.exists()

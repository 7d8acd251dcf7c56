"""The studies' Tiny-ImageNet, cut out of an archive in the official layout."""

import zipfile

import pytest

import pipelines
from studies import subset
from tests.pipelines import fakes


def test_subset(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(subset, "CLASSES", 2)
    monkeypatch.setattr(subset, "IMAGES", 3)
    official, out = tmp_path / "official.zip", tmp_path / "DATA" / "cut.zip"
    files = fakes.tiny_imagenet()
    with zipfile.ZipFile(official, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"{subset.TOP}/{name}", data)
    assert subset.main([str(official), str(out)]) == 0
    assert "10 images of 2 classes" in capsys.readouterr().out
    train = pipelines.read("tiny_imagenet", "train", data_dir=str(out))
    held = pipelines.read("tiny_imagenet", "validation", data_dir=str(out))
    assert tuple(train.class_names) == tuple(fakes.WNIDS[:2])
    assert (len(train), len(held)) == (6, 4)
    whole = pipelines.read(
        "tiny_imagenet",
        "train",
        data_dir=str(official),
        classes=2,
        images_per_class=3,
    )
    assert (train.pixels == whole.pixels).all()


@pytest.mark.parametrize("given", ["nothing", "no archive", "another one"])
def test_what_is_not_the_official_archive(given, tmp_path, capsys):
    """One line that names it, and nothing is left behind."""
    official, out = tmp_path / "official.zip", tmp_path / "cut.zip"
    if given == "no archive":
        official.write_bytes(b"PK")
    if given == "another one":
        with zipfile.ZipFile(official, "w") as archive:
            archive.writestr("readme.txt", "hello")
    with pytest.raises(SystemExit) as stopped:
        subset.main([str(official), str(out)])
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"seal_tf: {official}: ")
    assert list(tmp_path.iterdir()) == [official] * official.exists()

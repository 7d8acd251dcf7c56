"""Tests of the benchmark of memory."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from benchmarks import memory


def test_full_size_zip_repeats_the_training_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "FULL_IMAGES", 6)
    path = tmp_path / "small.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("top/wnids.txt", "a\nb\n")
        for wnid in "ab":
            archive.writestr(f"top/train/{wnid}/images/{wnid}_0.JPEG", wnid)
    full, classes = memory._full_size_zip(path, tmp_path / "full.zip")
    assert classes == 2
    with zipfile.ZipFile(full) as archive:
        names = archive.namelist()
        assert len([n for n in names if "/train/" in n]) == 6
        assert archive.read("top/train/b/images/b_0_2.JPEG") == b"b"
        assert "top/wnids.txt" in names
    # A zip of full size is used as it is.
    assert memory._full_size_zip(full, tmp_path / "x.zip") == (full, 2)


@pytest.mark.slow
@pytest.mark.photos
def test_measure_of_a_process(photos: Path) -> None:
    result = memory._measure(photos / "tiny-imagenet-50x200.zip", 2)
    assert result["images"] == 100
    assert result["after_import"] < result["peak_after_training"]

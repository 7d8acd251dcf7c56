"""Tests of the benchmark of the input pipeline."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks import input as input_benchmark
from pipelines.augmentation.recipe import Recipe
from pipelines.images import Images


@pytest.fixture
def images() -> Images:
    rng = np.random.default_rng(0)
    return Images(
        "noise",
        rng.integers(0, 256, (8, 64, 64, 3), np.uint8),
        rng.integers(0, 2, 8, np.int32),
        ("a", "b"),
    )


@pytest.mark.slow
def test_pipelines_give_batches_of_one_shape(
    images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_benchmark, "BATCH", 4)
    x, _ = next(iter(input_benchmark._pipeline(images, Recipe())))
    y, _ = next(iter(input_benchmark._pipeline_without_xla(images)))
    z = next(iter(input_benchmark._image_by_image(images)))
    assert x.shape == y.shape == z.shape == (4, 64, 64, 3)


def test_consume_begins_anew_and_does_not_time_the_first_batch() -> None:
    consumed: list[int] = []

    class Batches:
        def __iter__(self) -> Iterator[int]:
            time.sleep(0.2)
            for i in range(10):
                consumed.append(i)
                yield i

    consume = input_benchmark._consume(Batches(), 3)
    assert max(consume(), consume()) < 0.1
    assert consumed == 2 * [0, 1, 2, 3]


def test_unpack_writes_the_training_images(tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("train/a/a.JPEG", "train/a/boxes.txt", "val/b.JPEG"):
            archive.writestr(f"top/{name}", name)
    (file,) = input_benchmark._unpack(str(path), str(tmp_path))
    assert file.read_bytes() == b"train/a/a.JPEG"

"""Every kind of file that people call an image, damaged ones included."""

import io

import numpy as np
import pytest
from PIL import Image

import pipelines
from pipelines.errors import DataError

SQUARE = np.kron(
    np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8),
    np.ones((4, 4, 1), np.uint8),
)


def encoded(kind, mode, image=SQUARE, **options):
    """Bytes of an image in a format and mode of Pillow's."""
    room = io.BytesIO()
    Image.fromarray(image).convert(mode).save(room, kind, **options)
    return room.getvalue()


def folder(path, **classes):
    """train/<class>/N.ext and val/<class>/N.ext of (ext, bytes) lists."""
    for part in ("train", "val"):
        for name, files in classes.items():
            (path / part / name).mkdir(parents=True)
            for i, (suffix, data) in enumerate(files):
                (path / part / name / f"{i}.{suffix}").write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("suffix", "kind", "mode"),
    [
        ("jpg", "JPEG", "RGB"),
        ("jpg", "JPEG", "L"),
        ("jpg", "JPEG", "CMYK"),
        ("png", "PNG", "RGB"),
        ("png", "PNG", "P"),
        ("png", "PNG", "LA"),
        ("png", "PNG", "1"),
        ("bmp", "BMP", "RGB"),
        ("bmp", "BMP", "P"),
        ("gif", "GIF", "P"),
        # The suffix says one thing and the bytes another.
        ("jpg", "PNG", "RGB"),
    ],
)
def test_kinds(tmp_path, suffix, kind, mode):
    options = {"quality": 95} if kind == "JPEG" else {}
    data = encoded(kind, mode, **options)
    path = folder(tmp_path, a=[(suffix, data)], b=[(suffix, data)])
    found = pipelines.read("image_folder", "train", data_dir=path).pixels
    wanted = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert found.shape == (2, 16, 16, 3)
    # TensorFlow's fast transform of JPEG is a few levels off at edges.
    np.testing.assert_allclose(
        found[0], wanted, atol=20 if kind == "JPEG" else 0
    )


def test_sixteen_bits_and_animations(tmp_path):
    wide = np.arange(256, dtype=np.uint16).reshape(16, 16) * 256
    room = io.BytesIO()
    Image.fromarray(wide).save(room, "PNG")
    frames = [Image.fromarray(SQUARE), Image.fromarray(255 - SQUARE)]
    moving = io.BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    path = folder(
        tmp_path,
        a=[("png", room.getvalue())],
        b=[("gif", moving.getvalue())],
    )
    found = pipelines.read("image_folder", "train", data_dir=path).pixels
    np.testing.assert_array_equal(found[0, ..., 0], wide >> 8)
    assert np.abs(found[1].astype(int) - SQUARE).mean() < 20


def test_damaged(tmp_path):
    fine, broken = encoded("JPEG", "RGB"), encoded("JPEG", "RGB")[:200]
    files = [("jpg", fine), ("jpg", broken), ("png", b"no image")]
    path = folder(tmp_path, a=files, b=[("jpg", fine)])
    with pytest.raises(DataError, match=r"a/1.jpg: damaged .* 2 of 4 images"):
        pipelines.read("image_folder", "train", data_dir=path)
    found = pipelines.read(
        "image_folder", "train", data_dir=path, skip_damaged=True
    )
    assert [f.rsplit("/", 1)[1] for f in found.damaged] == ["1.jpg", "2.png"]
    assert found.labels.tolist() == [0, 1]
    assert len(found.pixels) == 2
    (path / "train" / "a" / "0.jpg").write_bytes(broken)
    with pytest.raises(DataError, match="every image of class 'a' is damaged"):
        pipelines.read(
            "image_folder", "train", data_dir=path, skip_damaged=True
        )


def test_sizes(tmp_path):
    large = np.kron(SQUARE, np.ones((2, 3, 1), np.uint8))
    path = folder(
        tmp_path,
        a=[("png", encoded("PNG", "RGB"))],
        b=[("png", encoded("PNG", "RGB", large))],
    )
    with pytest.raises(DataError, match="48x32 pixels, where .* 16x16: give"):
        pipelines.read("image_folder", "train", data_dir=path)
    found = pipelines.read(
        "image_folder", "train", data_dir=path, image_size=8
    ).pixels
    # The shorter side is resized, then the middle is cut out.
    wanted = np.asarray(
        Image.fromarray(large).resize((12, 8), Image.Resampling.BILINEAR)
    )[:, 2:10]
    np.testing.assert_allclose(found[1], wanted, atol=2)
    with pytest.raises(DataError, match="--image_size=0"):
        pipelines.read("image_folder", "train", data_dir=path, image_size=0)


def test_over_the_budget_a_file_is_mapped(tmp_path, monkeypatch):
    data = [("png", encoded("PNG", "RGB", SQUARE ^ i)) for i in range(5)]
    path = folder(tmp_path / "data", a=data, b=data)
    options = {"data_dir": path, "cache_dir": tmp_path / "cache"}
    inside = pipelines.read("image_folder", "train", **options)
    assert not (tmp_path / "cache").exists()
    options["cache_memory"] = 100
    mapped = pipelines.read("image_folder", "train", **options)
    np.testing.assert_array_equal(inside.pixels, mapped.pixels)
    assert isinstance(mapped.pixels, np.memmap)
    files = sorted(p.suffix for p in (tmp_path / "cache").iterdir())
    assert files == [".json", ".npy"]
    # Read back without decoding: nothing here could decode any more.
    monkeypatch.setattr("pipelines.sources.decode.decode", None)
    again = pipelines.read("image_folder", "train", **options)
    np.testing.assert_array_equal(inside.pixels, again.pixels)
    # Training reads the mapped file; nothing writes to it.
    batches = pipelines.training_batches(again, 4, seed=0, epochs=1)
    whole = pipelines.training_batches(inside, 4, seed=0, epochs=1)
    for x, y in zip(batches, whole, strict=True):
        np.testing.assert_array_equal(x[0], y[0])
    again.pixels[:] = 0
    fresh = pipelines.read("image_folder", "train", **options)
    np.testing.assert_array_equal(inside.pixels, fresh.pixels)


def test_a_cache_that_cannot_be_written(tmp_path):
    data = [("png", encoded("PNG", "RGB"))]
    path = folder(tmp_path / "data", a=data, b=data)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        pipelines.read(
            "image_folder",
            "train",
            data_dir=path,
            cache_memory=1,
            cache_dir=tmp_path / "file",
        )


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    """It is found before a pixel is written, and nothing looks finished."""
    import errno
    import os

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    data = [("png", encoded("PNG", "RGB"))]
    options = {
        "data_dir": folder(tmp_path / "data", a=data, b=data),
        "cache_memory": 1,
        "cache_dir": tmp_path / "cache",
    }
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        pipelines.read("image_folder", "train", **options)
    assert not list((tmp_path / "cache").iterdir())
    monkeypatch.undo()
    found = pipelines.read("image_folder", "train", **options)
    assert isinstance(found.pixels, np.memmap)

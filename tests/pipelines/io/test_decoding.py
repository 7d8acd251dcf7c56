"""Decoding of all image formats, and of damaged files."""

import io
import sys

import numpy as np
import pytest
from PIL import Image, features

import pipelines
from pipelines.errors import DataError
from pipelines.io.decoding import describe_damage
from tests.pipelines.fakes import (
    SQUARE,
    encoded_image,
    image_folder_files,
    write_class_folders,
    write_files,
)


@pytest.mark.parametrize(
    ("suffix", "file_format", "mode"),
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
        ("webp", "WEBP", "RGB"),
        ("webp", "WEBP", "RGBA"),
        ("tif", "TIFF", "RGB"),
        ("TIFF", "TIFF", "CMYK"),
        ("ppm", "PPM", "RGB"),
        ("pgm", "PPM", "L"),
        ("jp2", "JPEG2000", "RGB"),
        ("tga", "TGA", "RGB"),
        # The suffix contradicts the content.
        ("jpg", "PNG", "RGB"),
    ],
)
def test_decode_format_and_mode_equal_pillow(
    tmp_path, suffix, file_format, mode
):
    options = {"quality": 95} if file_format == "JPEG" else {}
    data = encoded_image(file_format, mode, **options)
    path = write_class_folders(tmp_path, a=[(suffix, data)], b=[(suffix, data)])
    pixels = pipelines.read("image_folder", "train", data_dir=path).pixels
    expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert pixels.shape == (2, 16, 16, 3)
    np.testing.assert_array_equal(pixels[0], expected)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_decode_jpeg_equals_pillow_bit_for_bit(
    tmp_path, mode, subsampling, progressive
):
    """Noise at low quality is where inverse transforms differ most."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (4, 37, 51, 3), np.uint8)
    files = [
        encoded_image(
            "JPEG",
            mode,
            image,
            quality=quality,
            subsampling=subsampling,
            progressive=progressive,
        )
        for image, quality in zip(noise, (10, 50, 90, 100), strict=True)
    ]
    path = write_class_folders(
        tmp_path,
        a=[("jpg", f) for f in files[:2]],
        b=[("jpg", f) for f in files[2:]],
    )
    pixels = pipelines.read("image_folder", "train", data_dir=path).pixels
    for image, data in zip(pixels, files, strict=True):
        expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        np.testing.assert_array_equal(image, expected)


@pytest.mark.skipif(not features.check("avif"), reason="Pillow without AVIF")
def test_decode_avif_equals_pillow(tmp_path):
    data = encoded_image("AVIF", "RGB")
    path = write_class_folders(tmp_path, a=[("avif", data)], b=[("avif", data)])
    pixels = pipelines.read("image_folder", "train", data_dir=path).pixels
    expected = np.asarray(Image.open(io.BytesIO(data)))
    np.testing.assert_array_equal(pixels[1], expected)


def test_decode_sixteen_bits_and_animation_as_eight_bits_and_first_frame(
    tmp_path,
):
    wide = np.arange(256, dtype=np.uint16).reshape(16, 16) * 256
    png = io.BytesIO()
    Image.fromarray(wide).save(png, "PNG")
    frames = [Image.fromarray(SQUARE), Image.fromarray(255 - SQUARE)]
    gif = io.BytesIO()
    frames[0].save(gif, "GIF", save_all=True, append_images=frames[1:])
    path = write_class_folders(
        tmp_path, a=[("png", png.getvalue())], b=[("gif", gif.getvalue())]
    )
    pixels = pipelines.read("image_folder", "train", data_dir=path).pixels
    np.testing.assert_array_equal(pixels[0, ..., 0], wide >> 8)
    assert np.abs(pixels[1].astype(int) - SQUARE).mean() < 20


def test_decode_wide_values_use_the_upper_bits_or_are_refused(tmp_path):
    wide = np.arange(256, dtype=np.uint16).reshape(16, 16) * 256
    pgm = b"P5 16 16 65535 " + wide.astype(">u2").tobytes()
    tiff, floats = io.BytesIO(), io.BytesIO()
    Image.fromarray(wide).save(tiff, "TIFF")
    Image.fromarray(wide.astype(np.float32)).save(floats, "TIFF")
    path = write_class_folders(
        tmp_path,
        a=[("pgm", pgm), ("tif", floats.getvalue())],
        b=[("tif", tiff.getvalue())],
    )
    images = pipelines.read(
        "image_folder", "train", data_dir=path, skip_damaged=True
    )
    np.testing.assert_array_equal(images.pixels[0, ..., 0], wide >> 8)
    np.testing.assert_array_equal(images.pixels[1, ..., 2], wide >> 8)
    # The range of float values is not known.
    assert [f.rsplit("/", 1)[1] for f in images.damaged] == ["1.tif"]
    with pytest.raises(
        pipelines.DataError, match=r"decoded \(.*mode F.*\)\. 1"
    ):
        pipelines.read("image_folder", "train", data_dir=path)


def test_describe_damage_names_no_buffer():
    assert describe_damage(b"no image") == " (cannot identify image file)"
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG")
    assert describe_damage(file.getvalue()) == ""


def test_decode_many_files_by_pillow_keeps_their_order(tmp_path):
    files = [
        ("webp", encoded_image("WEBP", "RGB", SQUARE ^ i, lossless=True))
        for i in range(40)
    ]
    path = write_class_folders(tmp_path, a=files[:20], b=files[20:])
    calls = []
    images = pipelines.read(
        "image_folder",
        "train",
        data_dir=path,
        progress=lambda completed, count: calls.append((completed, count)),
    )
    for i, image in enumerate(images.pixels):
        np.testing.assert_array_equal(image, SQUARE ^ i)
    assert calls == sorted(calls)
    assert calls[-1] == (40, 40)


def test_decode_large_files_in_small_pieces(tmp_path, monkeypatch):
    """Files and images of any size need no more memory than the pieces."""
    files = [("png", encoded_image("PNG", "RGB", SQUARE ^ i)) for i in range(5)]
    files.insert(2, ("png", b"no image"))
    path = write_class_folders(tmp_path, a=files, b=files[3:])
    monkeypatch.setattr("pipelines.io.decoding._CHUNK_BYTES", 1)
    monkeypatch.setattr("pipelines.io.decoding._BATCH_BYTES", 1)
    monkeypatch.setattr("pipelines.io.decoding._BATCH_SIZE", 2)
    images = pipelines.read(
        "image_folder", "train", data_dir=path, skip_damaged=True
    )
    for image, i in zip(images.pixels, (0, 1, 2, 3, 4, 2, 3, 4), strict=True):
        np.testing.assert_array_equal(image, SQUARE ^ i)


def test_decode_damaged_images_raise_or_are_skipped(tmp_path):
    intact = encoded_image("JPEG", "RGB")
    truncated = encoded_image("JPEG", "RGB")[:200]
    files = [("jpg", intact), ("jpg", truncated), ("png", b"no image")]
    path = write_class_folders(tmp_path, a=files, b=[("jpg", intact)])
    with pytest.raises(DataError, match=r"a/1.jpg: damaged .* 2 of 4 images"):
        pipelines.read("image_folder", "train", data_dir=path)
    images = pipelines.read(
        "image_folder", "train", data_dir=path, skip_damaged=True
    )
    assert [f.rsplit("/", 1)[1] for f in images.damaged] == ["1.jpg", "2.png"]
    assert images.labels.tolist() == [0, 1]
    assert len(images.pixels) == 2
    (path / "train" / "a" / "0.jpg").write_bytes(truncated)
    with pytest.raises(DataError, match="every image of class 'a' is damaged"):
        pipelines.read(
            "image_folder", "train", data_dir=path, skip_damaged=True
        )


def test_decode_different_sizes_raise_or_are_resized(tmp_path):
    large = np.kron(SQUARE, np.ones((2, 3, 1), np.uint8))
    path = write_class_folders(
        tmp_path,
        a=[("png", encoded_image("PNG", "RGB"))],
        b=[("png", encoded_image("PNG", "RGB", large))],
    )
    message = "48x32 pixels, but .* has 16x16. Set `image_size`"
    with pytest.raises(DataError, match=message):
        pipelines.read("image_folder", "train", data_dir=path)
    pixels = pipelines.read(
        "image_folder", "train", data_dir=path, image_size=8
    ).pixels
    # The shorter side is resized, then the center is cropped.
    expected = np.asarray(
        Image.fromarray(large).resize((12, 8), Image.Resampling.BILINEAR)
    )[:, 2:10]
    np.testing.assert_allclose(pixels[1], expected, atol=2)
    with pytest.raises(DataError, match="Received: image_size=0"):
        pipelines.read("image_folder", "train", data_dir=path, image_size=0)


def test_decode_wide_image_is_cropped_at_the_center(tmp_path):
    """A wide image loses its sides and keeps its proportions."""
    wide = np.zeros((32, 96, 3), np.uint8)
    wide[:, 32:64] = 200
    files = image_folder_files()
    files["train/ant/p0.jpg"] = encoded_image("PNG", "RGB", wide)
    path = write_files(files, tmp_path / "d")
    train = pipelines.read(
        "image_folder", "train", data_dir=path, image_size=16
    )
    assert (train.pixels[0, :, 2:-2] == 200).all()


def test_decode_jpeg_order_is_natural_and_content_is_the_files(tmp_path):
    """The second image in natural order is 1, the third 2, not 10."""
    files = image_folder_files()
    path = write_files(files, tmp_path / "d")
    train = pipelines.read("image_folder", "train", data_dir=path)
    for i in (0, 2, 10):
        image = Image.open(io.BytesIO(files[f"train/ant/p{i}.jpg"]))
        expected = np.asarray(image.convert("RGB"))
        np.testing.assert_array_equal(train.pixels[i], expected)


@pytest.mark.parametrize("image_size", [None, 10])
def test_decode_without_tensorflow_gives_the_same_pixels(
    tmp_path, monkeypatch, image_size
):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (16, 16, 3), np.uint8)
    files = [
        (suffix, encoded_image(file_format, mode, image))
        for image in (SQUARE, noise)
        for suffix, file_format, mode in (
            ("jpg", "JPEG", "RGB"),
            ("jpg", "JPEG", "L"),
            ("jpg", "JPEG", "CMYK"),
            ("png", "PNG", "RGBA"),
            ("png", "PNG", "LA"),
            ("png", "PNG", "P"),
            ("png", "PNG", "I;16"),
            ("webp", "WEBP", "RGB"),
        )
    ]
    path = write_class_folders(tmp_path, a=files, b=files)

    def read():
        return pipelines.read(
            "image_folder", "train", data_dir=path, image_size=image_size
        )

    expected = read()
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    images = read()
    assert images.crc32 == expected.crc32
    np.testing.assert_array_equal(images.pixels, expected.pixels)
    np.testing.assert_array_equal(images.labels, expected.labels)

"""Orientation of images, against `PIL.ImageOps.exif_transpose`."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin, features

import pipelines
from pipelines.io.orientation import (
    make_upright,
    read_orientation,
)
from tests.pipelines.fakes import write_class_folders

#: Pixels without any symmetry, so that all eight orientations differ.
ARROW = np.random.default_rng(0).integers(0, 256, (8, 24, 3), np.uint8)

FORMATS = ["JPEG", "PNG", "WEBP", "TIFF"]
if features.check("avif"):
    FORMATS.append("AVIF")


def _encode(file_format, orientation, image=ARROW):
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, file_format, exif=exif)
    return buffer.getvalue()


def _upright(data):
    """Decode as every viewer does."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_make_upright_equals_pillow(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(ARROW)
    image.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(make_upright(ARROW, orientation), expected)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_read_orientation_returns_the_tag(file_format):
    for orientation in range(1, 9):
        assert read_orientation(_encode(file_format, orientation)) == (
            orientation
        )
    for not_defined in (0, 9, 300):
        assert read_orientation(_encode(file_format, not_defined)) == 1


def test_read_orientation_without_or_with_damaged_metadata_is_upright():
    plain = io.BytesIO()
    Image.fromarray(ARROW).save(plain, "JPEG")
    data = plain.getvalue()
    assert read_orientation(data) == 1
    assert read_orientation(b"\x89PNG no image eXIf") == 1
    damaged = b"\xff\xe1\x00\x0cExif\0\0II??"
    assert read_orientation(data[:2] + damaged + data[2:]) == 1


def test_read_orientation_of_xmp_and_of_png_text():
    xmp = b'<x:xmpmeta xmlns:tiff="t" tiff:Orientation="6"/>'
    jpeg = io.BytesIO()
    Image.fromarray(ARROW).save(jpeg, "JPEG", xmp=xmp)
    assert read_orientation(jpeg.getvalue()) == 6
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=True)
    png = io.BytesIO()
    Image.fromarray(ARROW).save(png, "PNG", pnginfo=info)
    assert read_orientation(png.getvalue()) == 6


@pytest.mark.parametrize("file_format", FORMATS)
def test_read_all_orientations_are_upright_in_both_splits(
    tmp_path, file_format
):
    """Training, evaluation and probes read the same upright pixels."""
    files = {
        orientation: _encode(file_format, orientation)
        for orientation in range(1, 9)
    }
    suffix = file_format.lower()
    path = write_class_folders(
        tmp_path,
        wide=[(suffix, files[i]) for i in (1, 2, 3, 4)],
        tall=[(suffix, files[i]) for i in (5, 6, 7, 8)],
    )
    size = {"data_dir": path, "image_size": 8}
    train = pipelines.read("image_folder", "train", **size)
    validation = pipelines.read("image_folder", "validation", **size)
    np.testing.assert_array_equal(train.pixels, validation.pixels)
    for i, orientation in enumerate((5, 6, 7, 8, 1, 2, 3, 4)):
        upright = _upright(files[orientation])
        # The center of the longer side.
        expected = upright[8:16] if orientation > 4 else upright[:, 8:16]
        np.testing.assert_array_equal(train.pixels[i], expected)


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_read_stored_orientation_has_another_cache(tmp_path, suffix):
    """TensorFlow decodes JPEG files, and Pillow decodes WebP files."""
    square = ARROW[:, :8]
    data = _encode("JPEG" if suffix == "jpg" else "WEBP", 6, square)
    path = write_class_folders(
        tmp_path / "d", a=[(suffix, data)], b=[(suffix, data)]
    )
    stored = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    for exif_orientation, expected in (
        (True, _upright(data)),
        (False, stored),
        (True, _upright(data)),
    ):
        images = pipelines.read(
            "image_folder",
            "train",
            data_dir=path,
            exif_orientation=exif_orientation,
            cache_memory=0,
            cache_dir=tmp_path / "cache",
        )
        np.testing.assert_array_equal(images.pixels[0], expected)

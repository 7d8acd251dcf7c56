"""Suffixes of image files."""

from PIL import Image, features

from pipelines.io.image_formats import image_suffixes, is_image


def test_image_suffixes_are_those_that_pillow_opens():
    expected = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif"}
    assert expected | {".tiff", ".ppm", ".pgm"} <= set(image_suffixes())
    assert (".avif" in image_suffixes()) == features.check("avif")
    formats = Image.registered_extensions()
    # Pillow opens an MPO file, which begins with a JPEG image, as JPEG.
    assert {formats[suffix] for suffix in image_suffixes()} <= {
        *Image.OPEN,
        "MPO",
    }


def test_is_image_ignores_case_and_refuses_documents():
    assert is_image("a/b.JPEG")
    for name in ("a.pdf", "a.eps", "a.h5", "a.mpg", "a.txt", "jpg"):
        assert not is_image(name)

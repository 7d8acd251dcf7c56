"""Decoding of all image formats, and of damaged files."""

import io

import numpy as np
import pytest
from PIL import Image

import pipelines
from pipelines.errors import DataError
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
    # TensorFlow's fast JPEG transform is a few levels off at edges.
    np.testing.assert_allclose(
        pixels[0], expected, atol=20 if file_format == "JPEG" else 0
    )


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
        difference = np.asarray(image).astype(int) - train.pixels[i]
        assert np.abs(difference).mean() < 2

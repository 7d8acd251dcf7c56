import pytest

from pipelines import DATA_SETS, DataError
from pipelines.augmentation.defaults import (
    default_augmentation,
    drops_last_batch,
)


@pytest.mark.parametrize(
    ("data_set", "size", "padding", "flip"),
    [
        ("digits", 8, 1, False),
        ("svhn", 32, 4, False),
        ("tiny_imagenet", 64, 4, True),
        ("tiny_imagenet", 32, 4, True),
        ("eurosat", 64, 8, True),
        ("image_folder", 7, 0, True),
    ],
)
def test_default_augmentation_fits_data_set_and_size(
    data_set, size, padding, flip
):
    default = default_augmentation(data_set, size)
    assert (default.crop_padding, default.flip) == (padding, flip)


def test_default_augmentation_native_size_of_published_sets_is_an_eighth():
    for name in ("cifar10", "cifar100"):
        entry = DATA_SETS[name]
        default = default_augmentation(name, entry.image_size)
        assert default.crop_padding == entry.image_size // 8


@pytest.mark.parametrize(
    ("data_set", "images", "batch_size", "repeats", "drops"),
    [
        ("digits", 1442, 32, 1, True),  # 2 of 32 images
        ("digits", 1448, 32, 1, False),  # 8 of 32
        ("digits", 1440, 32, 1, False),
        ("digits", 2, 32, 1, False),  # the only batch
        ("digits", 33, 32, 2, True),  # 33 times 2: 2 of 32
        ("cifar10", 1442, 32, 1, False),
    ],
)
def test_drops_last_batch_below_a_quarter(
    data_set, images, batch_size, repeats, drops
):
    assert drops_last_batch(data_set, images, batch_size, repeats) is drops


def test_default_augmentation_unknown_data_set_raises():
    with pytest.raises(DataError, match="Did you mean 'digits'"):
        default_augmentation("digit", 8)

"""Crop, flip and normalization in NumPy equal those of TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.augmentation import crop_flip, numpy_recipe, seeds
from pipelines.augmentation.normalize import normalize
from pipelines.augmentation.recipe import Recipe
from pipelines.errors import DataError

#: Rounding of a normalization that XLA fuses.
ROUNDING = 2.4e-7


def _pixels(channels=3, size=(9, 12)):
    rng = np.random.default_rng(1)
    return rng.integers(0, 256, (64, *size, channels), np.uint8)


@pytest.mark.parametrize("step", [0, 3, 1000])
def test_step_seed_equals_tensorflow(step):
    for seed, epoch in ((0, 0), (7, 2), (2**31 - 1, 199)):
        np.testing.assert_array_equal(
            numpy_recipe.step_seed(seed, epoch, step),
            seeds.step_seed(seed, epoch, step),
        )


@pytest.mark.parametrize("padding", [0, 1, 4, 15])
def test_crop_equals_tensorflow(padding):
    pixels = _pixels()
    for key in ((0, 0), (5, 9), (2**31 - 1, 3)):
        np.testing.assert_array_equal(
            numpy_recipe.random_crop(pixels, padding, np.array(key)),
            crop_flip.random_crop(
                tf.constant(pixels), padding, tf.constant(key), xla=False
            ),
        )


def test_flip_equals_tensorflow():
    pixels = _pixels()
    for key in ((0, 0), (5, 9), (2**31 - 1, 3)):
        np.testing.assert_array_equal(
            numpy_recipe.random_flip(pixels, np.array(key)),
            crop_flip.random_flip(tf.constant(pixels), tf.constant(key)),
        )


@pytest.mark.parametrize("channels", [1, 3])
def test_normalization_equals_tensorflow(channels):
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    pixels = np.repeat(pixels, channels, axis=3)
    expected = normalize(tf.constant(pixels)).numpy()
    np.testing.assert_array_equal(numpy_recipe.normalize(pixels), expected)


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("recipe", [Recipe(), Recipe(0, False), Recipe(2)])
def test_augmented_batch_equals_tensorflow(recipe, channels):
    pixels, key = _pixels(channels), numpy_recipe.step_seed(3, 1, 2)
    labels = tf.zeros((len(pixels), 2))
    expected, _ = tf.function(recipe.apply, jit_compile=True)(
        tf.constant(pixels), labels, tf.constant(key)
    )
    np.testing.assert_allclose(
        numpy_recipe.augment(recipe, pixels, key),
        expected,
        rtol=0,
        atol=ROUNDING,
    )


@pytest.mark.parametrize(
    "argument",
    [
        {"resized_crop": 0.5},
        {"color_jitter": 0.1},
        {"randaugment": 2},
        {"random_erasing": 0.2},
        {"mixup_alpha": 0.2},
        {"cutmix_alpha": 1.0},
    ],
)
def test_other_operations_are_refused_by_name(argument):
    ((name, value),) = argument.items()
    with pytest.raises(DataError, match=f"`{name}`.*Received: {name}={value}"):
        numpy_recipe.check_recipe(Recipe(**argument))
    numpy_recipe.check_recipe(Recipe(7, False, randaugment_magnitude=3))

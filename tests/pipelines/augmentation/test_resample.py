"""Random resized crop and affine transformation."""

import numpy as np
import tensorflow as tf

from pipelines.augmentation import resample
from tests.pipelines.augmentation.samples import KEY, PIXELS


def test_affine_transform_quarter_turn_equals_rot90():
    quarter = np.tile([[[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]], (6, 1, 1))
    square = PIXELS[:, :10, :10]
    rotated = resample.affine_transform(
        tf.constant(square), quarter.astype("f4"), 0.0
    )
    np.testing.assert_array_equal(rotated, np.rot90(square, 1, (1, 2)))


def test_affine_transform_shift_fills_outside():
    shift = np.tile([[[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]]], (6, 1, 1))
    shifted = resample.affine_transform(
        tf.constant(PIXELS), shift.astype("f4"), 128.0
    )
    np.testing.assert_array_equal(shifted[:, :-2], PIXELS[:, 2:])
    assert np.unique(shifted[:, -2:]).tolist() == [128]


def test_random_resized_crop_full_area_returns_images():
    cropped = resample.random_resized_crop(tf.constant(PIXELS), 1.0, KEY)
    np.testing.assert_array_equal(cropped, PIXELS)


def test_random_resized_crop_random_images_stay_in_range():
    cropped = resample.random_resized_crop(tf.constant(PIXELS), 0.1, KEY)
    assert cropped.shape == PIXELS.shape
    assert (cropped >= PIXELS.min((1, 2), keepdims=True) - 1e-3).numpy().all()


def test_random_resized_crop_linear_image_stays_linear():
    plane = np.tile(np.arange(12.0, dtype="f4")[:, None, None], (1, 10, 3))
    rows = resample.random_resized_crop(tf.constant(plane[None]), 0.5, KEY)
    inner = rows.numpy()[0, 2:-2, 5, 0]
    steps = np.diff(inner)
    assert np.ptp(steps) < 1e-3
    assert 0.4 < steps[0] <= 1.16

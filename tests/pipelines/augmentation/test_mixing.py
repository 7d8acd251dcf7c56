"""MixUp, CutMix and random erasing, compared with their formulas."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.augmentation import mixing
from tests.pipelines.augmentation.samples import KEY, LABELS, PIXELS


def test_mixup_images_and_labels_share_weight_and_partner():
    images, labels = mixing.mixup(tf.constant(PIXELS), LABELS, 0.5, KEY)
    weight = None
    for shift in range(1, 6):
        other = np.roll(PIXELS, -shift, 0)
        ratio = ((images - other) / (PIXELS - other + 1e-9)).numpy()
        if np.ptp(ratio[np.abs(PIXELS - other) > 9]) < 1e-3:
            weight, partner = np.median(ratio), shift
    assert 0 <= weight <= 1
    expected = weight * LABELS + (1 - weight) * np.roll(LABELS, -partner, 0)
    np.testing.assert_allclose(labels, expected, atol=1e-4)


def test_cutmix_labels_are_mixed_by_box_area():
    images, labels = mixing.cutmix(tf.constant(PIXELS), LABELS, 1.0, KEY)
    is_unchanged = (images.numpy() == PIXELS).all(-1)
    np.testing.assert_allclose(labels.numpy().sum(1), 1, atol=1e-6)
    area = 1 - is_unchanged[0].mean()
    errors = [
        np.abs(
            labels - ((1 - area) * LABELS + area * np.roll(LABELS, -s, 0))
        ).max()
        for s in range(1, 6)
    ]
    assert min(errors) < 1e-6


def test_mixup_alpha_zero_returns_the_images():
    unchanged = mixing.mixup(PIXELS, LABELS, 0.0, KEY)
    assert unchanged[0] is PIXELS


def test_mixup_many_keys_follow_beta_distribution():
    """Mean and variance of Beta(a, a) over many keys."""
    weights = []
    for i in range(300):
        _, y = mixing.mixup(
            tf.constant(PIXELS[:2]), np.eye(2, dtype="f4"), 0.4, [i, 1]
        )
        weights.append(y[0, 0].numpy())
    assert np.mean(weights) == pytest.approx(0.5, abs=0.07)
    assert np.var(weights) == pytest.approx(1 / (4 * 1.8), abs=0.025)


def test_random_erasing_fills_a_box_and_nothing_else():
    erased = mixing.random_erasing(
        tf.constant(PIXELS), 1.0, KEY, fill=-1.0
    ).numpy()
    is_erased = (erased == -1).all(-1)
    assert (is_erased.mean((1, 2)) < 0.45).all()
    assert is_erased.any((1, 2)).sum() >= 4
    np.testing.assert_array_equal(erased[~is_erased], PIXELS[~is_erased])
    assert mixing.random_erasing(PIXELS, 0.0, KEY) is PIXELS

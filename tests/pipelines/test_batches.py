"""Order and augmentation: keyed by (seed, epoch, step), and right."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines import augment
from pipelines.batches import (
    evaluation_batches,
    steps_per_epoch,
    training_batches,
)
from pipelines.images import Images


def _images(count=22, size=8, channels=3):
    rng = np.random.default_rng(0)
    return Images(
        "fake",
        rng.integers(1, 255, (count, size, size, channels), np.uint8),
        np.arange(count, dtype=np.int32) % 4,
        ("a", "b", "c", "d"),
    )


def _epochs(images, batch_size=8, **options):
    options = {"seed": 3, "epochs": 3} | options
    steps = steps_per_epoch(len(images), batch_size)
    batches = [
        (x.numpy(), y.numpy())
        for x, y in training_batches(images, batch_size, **options)
    ]
    return [batches[i : i + steps] for i in range(0, len(batches), steps)]


def test_every_image_once_an_epoch_and_the_last_batch_kept():
    images = _images()
    for batches in _epochs(images, crop_padding=0, flip=False):
        assert [len(x) for x, _ in batches] == [8, 8, 6]
        pixels = np.concatenate([x for x, _ in batches])
        want = augment.normalise(tf.constant(images.pixels)).numpy()
        order = np.lexsort(pixels.reshape(22, -1).T)
        np.testing.assert_allclose(
            pixels[order],
            want[np.lexsort(want.reshape(22, -1).T)],
            atol=1e-6,
        )


def test_labels_follow_their_images():
    images = _images()
    plain = augment.normalise(tf.constant(images.pixels)).numpy()
    for batches in _epochs(images, crop_padding=0, flip=False):
        for x, y in batches:
            for image, onehot in zip(x, y, strict=True):
                at = np.abs(plain - image).sum((1, 2, 3)).argmin()
                assert onehot.argmax() == images.labels[at]
                assert onehot.sum() == 1


def test_same_key_same_bytes_other_key_others():
    images = _images()
    a, b = _epochs(images), _epochs(images)
    other = _epochs(images, seed=4)
    for one, two in zip(a, b, strict=True):
        for (x, y), (x2, y2) in zip(one, two, strict=True):
            np.testing.assert_array_equal(x, x2)
            np.testing.assert_array_equal(y, y2)
    assert not np.array_equal(a[0][0][0], a[1][0][0])
    assert not np.array_equal(a[0][0][0], other[0][0][0])


def test_starting_later_sees_what_it_would_have_seen():
    images = _images()
    whole, late = _epochs(images), _epochs(images, first_epoch=2)
    assert len(late) == 1
    for (x, _), (x2, _) in zip(whole[2], late[0], strict=True):
        np.testing.assert_array_equal(x, x2)


def test_fewer_images_than_a_batch():
    (batches,) = _epochs(_images(5), batch_size=8, epochs=1)
    assert [len(x) for x, _ in batches] == [5]


def test_crop_is_a_window_of_the_padded_image():
    images = _images(40).pixels
    cropped = augment.random_crop(tf.constant(images), 2, [1, 2]).numpy()
    padded = np.pad(images, [(0, 0), (2, 2), (2, 2), (0, 0)])
    offsets = set()
    for image, crop in zip(padded, cropped, strict=True):
        found = [
            (i, j)
            for i in range(5)
            for j in range(5)
            if np.array_equal(image[i : i + 8, j : j + 8], crop)
        ]
        assert len(found) == 1
        offsets.update(found)
    # Each image has an offset of its own, and all of them occur.
    assert len(offsets) > 15


def test_flip_is_left_to_right_for_about_half():
    images = _images(200).pixels
    flipped = augment.random_flip(tf.constant(images), [1, 2]).numpy()
    same = (flipped == images).all((1, 2, 3))
    mirrored = (flipped == images[:, :, ::-1]).all((1, 2, 3))
    assert (same ^ mirrored).all()
    assert 70 < mirrored.sum() < 130


def test_xla_and_graph_draw_alike():
    images = tf.constant(_images(16).pixels)

    def augmented(epoch):
        keys = augment.split_seed(augment.step_seed(7, epoch, 5))
        x = augment.random_crop(images, 2, keys[0])
        return augment.random_flip(x, keys[1])

    xla = tf.function(augmented, jit_compile=True)
    graph = tf.function(augmented)
    for epoch in tf.range(20):
        np.testing.assert_array_equal(xla(epoch), graph(epoch))


@pytest.mark.parametrize("channels", [1, 3])
def test_normalise_is_the_papers(channels):
    images = _images(channels=channels).pixels
    mean = [0.485, 0.456, 0.406] if channels == 3 else [0.5]
    std = [0.229, 0.224, 0.225] if channels == 3 else [0.5]
    want = (images / 255 - mean) / std
    got = augment.normalise(tf.constant(images)).numpy()
    np.testing.assert_allclose(got, want, atol=1e-5)


def test_evaluation_is_in_order_and_untouched():
    images = _images()
    batches = list(evaluation_batches(images, 8))
    assert [len(x) for x, _ in batches] == [8, 8, 6]
    got = np.concatenate([x for x, _ in batches])
    want = augment.normalise(tf.constant(images.pixels)).numpy()
    np.testing.assert_allclose(got, want, atol=1e-6)

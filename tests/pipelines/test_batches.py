"""Order and augmentation: keyed by (seed, epoch, step), and right."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.augmentation import crop_flip, seeds
from pipelines.augmentation.normalise import normalise
from pipelines.augmentation.recipe import Recipe
from pipelines.batches import (
    augment_on_device,
    evaluation_batches,
    steps_per_epoch,
    training_batches,
)
from pipelines.errors import DataError
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
    for batches in _epochs(images, recipe=Recipe(0, False)):
        assert [len(x) for x, _ in batches] == [8, 8, 6]
        pixels = np.concatenate([x for x, _ in batches])
        want = normalise(tf.constant(images.pixels)).numpy()
        order = np.lexsort(pixels.reshape(22, -1).T)
        np.testing.assert_allclose(
            pixels[order],
            want[np.lexsort(want.reshape(22, -1).T)],
            atol=1e-6,
        )


def test_labels_follow_their_images():
    images = _images()
    plain = normalise(tf.constant(images.pixels)).numpy()
    for batches in _epochs(images, recipe=Recipe(0, False)):
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
    cropped = crop_flip.random_crop(tf.constant(images), 2, [1, 2]).numpy()
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
    flipped = crop_flip.random_flip(tf.constant(images), [1, 2]).numpy()
    same = (flipped == images).all((1, 2, 3))
    mirrored = (flipped == images[:, :, ::-1]).all((1, 2, 3))
    assert (same ^ mirrored).all()
    assert 70 < mirrored.sum() < 130


def test_xla_and_graph_draw_alike():
    images = tf.constant(_images(16).pixels)

    def augmented(epoch):
        keys = seeds.split_seed(seeds.step_seed(7, epoch, 5))
        x = crop_flip.random_crop(images, 2, keys[0])
        return crop_flip.random_flip(x, keys[1])

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
    got = normalise(tf.constant(images)).numpy()
    np.testing.assert_allclose(got, want, atol=1e-5)


def test_evaluation_is_in_order_and_untouched():
    images = _images()
    batches = list(evaluation_batches(images, 8))
    assert [len(x) for x, _ in batches] == [8, 8, 6]
    got = np.concatenate([x for x, _ in batches])
    want = normalise(tf.constant(images.pixels)).numpy()
    np.testing.assert_allclose(got, want, atol=1e-6)


@pytest.mark.slow
def test_on_device_gives_the_same_numbers():
    images = _images()
    recipe = Recipe(2, True, 0.5, 0.3, mixup_alpha=0.4)
    prepare = tf.function(augment_on_device(recipe))
    options = {"seed": 3, "epochs": 2, "recipe": recipe}
    host = training_batches(images, 8, **options)
    device = training_batches(images, 8, **options, on_device=True)
    assert device.element_spec[0][0].dtype == tf.uint8
    for (x, y), batch in zip(host, device, strict=True):
        x2, y2 = prepare(batch)
        np.testing.assert_allclose(x, x2, atol=1e-4)
        np.testing.assert_allclose(y, y2, atol=1e-6)


def test_labels_weights_and_the_remainder():
    images = _images()
    options = {"seed": 3, "epochs": 2}
    kept = training_batches(images, 8, **options)
    assert kept.cardinality() == 6
    dropped = training_batches(
        images,
        8,
        **options,
        labels="integer",
        class_weight={0: 2.0, 3: 0.5},
        drop_remainder=True,
    )
    assert dropped.cardinality() == 4
    assert dropped.element_spec[0].shape == (8, 8, 8, 3)
    for (x, y), (x2, y2, w) in zip(
        [b for i, b in enumerate(kept) if i % 3 < 2], dropped, strict=True
    ):
        np.testing.assert_array_equal(x, x2)
        np.testing.assert_array_equal(y.numpy().argmax(1), y2)
        np.testing.assert_array_equal(w, np.array([2, 1, 1, 0.5])[y2])
    with pytest.raises(DataError, match="need one-hot"):
        training_batches(
            images,
            8,
            **options,
            labels="integer",
            recipe=Recipe(mixup_alpha=1.0),
        )
    with pytest.raises(DataError, match="no whole batch of 99"):
        training_batches(images, 99, **options, drop_remainder=True)


def test_pixels_are_not_copied(tmp_path):
    """The pipeline reads the array's own memory."""
    from pipelines.cache import aligned

    images = _images()
    mine = aligned(images.pixels.shape)
    mine[:] = images.pixels
    images = Images("fake", mine, images.labels, images.class_names)
    batches = evaluation_batches(images, 22)
    mine[:] = 9
    (x, _) = next(iter(batches))
    np.testing.assert_allclose(x, normalise(tf.constant(mine)), atol=1e-6)


def test_load():
    import pipelines

    options = {"classes": 3, "images_per_class": 7}
    singles = pipelines.load("digits", "train", **options)
    assert singles.class_names == ("0", "1", "2")
    assert singles.cardinality() == 21
    assert singles.element_spec[0].shape == (8, 8, 1)
    image, label = next(iter(singles))
    assert (image.dtype, label.dtype) == (tf.uint8, tf.int32)
    batches = pipelines.load(
        "digits", "train", batch_size=8, epochs=2, **options
    )
    assert batches.cardinality() == 6
    held = pipelines.load("digits", "validation", batch_size=50, classes=3)
    x, y = next(iter(held))
    assert x.dtype == tf.float32
    assert y.shape == (50, 3)

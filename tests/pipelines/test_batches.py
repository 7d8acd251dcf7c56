"""Batches: their order and augmentation depend on (seed, epoch, step) only."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.augmentation.normalize import normalize
from pipelines.augmentation.recipe import Recipe
from pipelines.batches import (
    augment_on_device,
    evaluation_batches,
    steps_per_epoch,
    training_batches,
)
from pipelines.errors import DataError
from tests.pipelines.fakes import random_images

#: A recipe that changes nothing, and that XLA compiles quickly.
NO_AUGMENTATION = Recipe(0, False)


def _epochs(images, batch_size=8, **options):
    """Collect the batches of each epoch."""
    options = {"seed": 3, "epochs": 3} | options
    steps = steps_per_epoch(len(images), batch_size)
    batches = [
        (x.numpy(), y.numpy())
        for x, y in training_batches(images, batch_size, **options)
    ]
    return [batches[i : i + steps] for i in range(0, len(batches), steps)]


@pytest.fixture(scope="module")
def augmented_epochs():
    """Three epochs with the default recipe and seed 3."""
    return _epochs(random_images())


@pytest.fixture(scope="module")
def plain_epochs():
    """Three epochs without augmentation and with seed 3."""
    return _epochs(random_images(), recipe=NO_AUGMENTATION)


def test_training_batches_epoch_has_every_image_once(plain_epochs):
    images = random_images()
    assert len(plain_epochs) == 3
    for batches in plain_epochs:
        assert [len(x) for x, _ in batches] == [8, 8, 6]
        pixels = np.concatenate([x for x, _ in batches])
        expected = normalize(tf.constant(images.pixels)).numpy()
        order = np.lexsort(pixels.reshape(22, -1).T)
        np.testing.assert_allclose(
            pixels[order],
            expected[np.lexsort(expected.reshape(22, -1).T)],
            atol=1e-6,
        )


def test_training_batches_labels_match_their_images(plain_epochs):
    images = random_images()
    normalized = normalize(tf.constant(images.pixels)).numpy()
    for batches in plain_epochs:
        for x, y in batches:
            for image, one_hot in zip(x, y, strict=True):
                index = np.abs(normalized - image).sum((1, 2, 3)).argmin()
                assert one_hot.argmax() == images.labels[index]
                assert one_hot.sum() == 1


def test_training_batches_same_seed_gives_same_bytes(augmented_epochs):
    images = random_images()
    again = _epochs(images)
    for epoch, same_epoch in zip(augmented_epochs, again, strict=True):
        for (x, y), (x2, y2) in zip(epoch, same_epoch, strict=True):
            np.testing.assert_array_equal(x, x2)
            np.testing.assert_array_equal(y, y2)
    first_batch = augmented_epochs[0][0][0]
    assert not np.array_equal(first_batch, augmented_epochs[1][0][0])
    other, _ = next(iter(training_batches(images, 8, seed=4, epochs=1)))
    assert not np.array_equal(first_batch, other)


def test_training_batches_later_first_epoch_gives_same_bytes(augmented_epochs):
    late = _epochs(random_images(), first_epoch=2)
    assert len(late) == 1
    for (x, _), (x2, _) in zip(augmented_epochs[2], late[0], strict=True):
        np.testing.assert_array_equal(x, x2)


def test_training_batches_later_first_step_gives_same_bytes(plain_epochs):
    batches = training_batches(
        random_images(),
        8,
        seed=3,
        epochs=3,
        first_epoch=1,
        first_step=1,
        recipe=NO_AUGMENTATION,
    )
    expected = [*plain_epochs[1][1:], *plain_epochs[2]]
    for (x, _), (x2, _) in zip(expected, batches, strict=True):
        np.testing.assert_array_equal(x, x2)


def test_training_batches_fewer_images_than_batch_size_gives_one_batch():
    (batches,) = _epochs(
        random_images(5), batch_size=8, epochs=1, recipe=NO_AUGMENTATION
    )
    assert [len(x) for x, _ in batches] == [5]


def test_repeat_augment_has_each_image_several_times_in_its_batch():
    """22 images, 4 different ones a batch: 6 steps, the last of 2 images."""
    images = random_images()
    options = {"seed": 3, "epochs": 2, "repeat_augment": 2}
    assert steps_per_epoch(22, 8, repeat_augment=2) == 6
    assert steps_per_epoch(22, 8, True, 2) == 5
    plain = training_batches(
        images, 4, seed=3, epochs=2, recipe=NO_AUGMENTATION
    )
    repeated = training_batches(images, 8, **options, recipe=NO_AUGMENTATION)
    assert repeated.cardinality() == 12
    sizes = []
    for (x, y), (x2, y2) in zip(plain, repeated, strict=True):
        np.testing.assert_array_equal(x2, np.concatenate([x, x]))
        np.testing.assert_array_equal(y2, np.concatenate([y, y]))
        sizes.append(len(x2))
    assert sizes == [*[8] * 5, 4] * 2
    # With augmentation, the copies differ.
    x, y = next(iter(training_batches(images, 8, **options)))
    assert not np.array_equal(x[:4], x[4:])
    np.testing.assert_array_equal(y[:4], y[4:])
    late = training_batches(images, 8, **options, first_epoch=1, first_step=4)
    whole = list(training_batches(images, 8, **options))
    for (x, _), (x2, _) in zip(whole[10:], late, strict=True):
        np.testing.assert_array_equal(x, x2)


def test_repeat_augment_with_static_batches_and_few_images():
    options = {"seed": 3, "epochs": 1, "recipe": NO_AUGMENTATION}
    dropped = training_batches(
        random_images(), 8, **options, repeat_augment=4, drop_remainder=True
    )
    assert dropped.element_spec[0].shape == (8, 8, 8, 3)
    assert [len(x) for x, _ in dropped] == [8] * 11
    few = training_batches(random_images(3), 16, **options, repeat_augment=2)
    assert [len(x) for x, _ in few] == [6]


@pytest.mark.parametrize("repeat", [0, 3])
def test_repeat_augment_that_does_not_divide_the_batch_raises(repeat):
    message = f"Received: batch_size=8, repeat_augment={repeat}"
    with pytest.raises(DataError, match=message):
        steps_per_epoch(22, 8, repeat_augment=repeat)
    with pytest.raises(DataError, match=message):
        training_batches(
            random_images(), 8, seed=3, epochs=1, repeat_augment=repeat
        )


def test_evaluation_batches_are_in_order_and_not_augmented():
    images = random_images()
    batches = list(evaluation_batches(images, 8))
    assert [len(x) for x, _ in batches] == [8, 8, 6]
    pixels = np.concatenate([x for x, _ in batches])
    expected = normalize(tf.constant(images.pixels)).numpy()
    np.testing.assert_allclose(pixels, expected, atol=1e-6)


@pytest.mark.slow
def test_augment_on_device_gives_the_values_of_the_host():
    images = random_images()
    recipe = Recipe(2, True, 0.5, 0.3, mixup_alpha=0.4)
    augment = tf.function(augment_on_device(recipe))
    options = {"seed": 3, "epochs": 2, "recipe": recipe}
    host = training_batches(images, 8, **options)
    device = training_batches(images, 8, **options, on_device=True)
    assert device.element_spec[0][0].dtype == tf.uint8
    for (x, y), batch in zip(host, device, strict=True):
        x2, y2 = augment(batch)
        np.testing.assert_allclose(x, x2, atol=1e-4)
        np.testing.assert_allclose(y, y2, atol=1e-6)


def test_training_batches_integer_labels_weights_and_dropped_remainder(
    augmented_epochs,
):
    images = random_images()
    options = {"seed": 3, "epochs": 2}
    assert training_batches(images, 8, **options).cardinality() == 6
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
    full = [batch for epoch in augmented_epochs[:2] for batch in epoch[:2]]
    for (x, y), (x2, y2, w) in zip(full, dropped, strict=True):
        np.testing.assert_array_equal(x, x2)
        np.testing.assert_array_equal(y.argmax(1), y2)
        np.testing.assert_array_equal(w, np.array([2, 1, 1, 0.5])[y2])


def test_training_batches_mixed_integer_labels_raise():
    with pytest.raises(DataError, match="need one-hot"):
        training_batches(
            random_images(),
            8,
            seed=3,
            epochs=2,
            labels="integer",
            recipe=Recipe(mixup_alpha=1.0),
        )
    with pytest.raises(DataError, match="Received: labels='words'"):
        evaluation_batches(random_images(), 8, labels="words")


def test_steps_per_epoch_no_full_batch_raises():
    """The command computes the steps before it writes anything."""
    assert steps_per_epoch(22, 22, drop_remainder=True) == 1
    assert steps_per_epoch(22, 99) == 1
    message = (
        "Argument `batch_size` must be at most 22.*or `drop_remainder` must "
        "be False. Received: batch_size=23, drop_remainder=True"
    )
    with pytest.raises(DataError, match=message):
        steps_per_epoch(22, 23, drop_remainder=True)
    with pytest.raises(DataError, match="Received: batch_size=99"):
        training_batches(
            random_images(), 99, seed=3, epochs=2, drop_remainder=True
        )


@pytest.mark.parametrize("batch_size", [0, -1])
def test_batches_of_no_image_raise(batch_size):
    message = f"must be at least 1. Received: batch_size={batch_size}"
    with pytest.raises(DataError, match=message):
        training_batches(random_images(), batch_size, seed=3, epochs=2)
    with pytest.raises(DataError, match=message):
        evaluation_batches(random_images(), batch_size)

"""Loading of a split as a `tf.data.Dataset`."""

import pytest
import tensorflow as tf

import pipelines
from pipelines.augmentation.recipe import Recipe


def test_load_single_images_and_batches_have_known_specs():
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
    validation = pipelines.load(
        "digits", "validation", batch_size=50, classes=3
    )
    x, y = next(iter(validation))
    assert x.dtype == tf.float32
    assert y.shape == (50, 3)


def test_load_single_images_with_one_hot_labels():
    singles = pipelines.load(
        "digits", "validation", classes=3, labels="one_hot"
    )
    _, label = next(iter(singles))
    assert label.numpy().tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": "words"}, "Received: labels='words'"),
        ({"labels": "words", "batch_size": 8}, "Received: labels='words'"),
        ({"batch_size": 0}, "Received: batch_size=0"),
        (
            {
                "labels": "integer",
                "batch_size": 8,
                "recipe": Recipe(mixup_alpha=1.0),
            },
            "need one-hot",
        ),
    ],
)
def test_load_bad_argument_raises_before_reading(
    monkeypatch, arguments, message
):
    monkeypatch.setattr("pipelines.loader.read", None)
    with pytest.raises(pipelines.DataError, match=message):
        pipelines.load("digits", "train", **arguments)


def test_load_recipe_does_not_matter_without_augmentation():
    recipe = Recipe(mixup_alpha=1.0)
    singles = pipelines.load("digits", "train", recipe=recipe)
    assert singles.element_spec[1].dtype == tf.int32
    validation = pipelines.load(
        "digits", "validation", batch_size=8, labels="integer", recipe=recipe
    )
    assert validation.element_spec[1].dtype == tf.int32

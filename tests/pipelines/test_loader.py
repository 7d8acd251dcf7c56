"""Loading of a split as a `tf.data.Dataset`."""

import tensorflow as tf

import pipelines


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

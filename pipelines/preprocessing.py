"""From uint8 images to what a network takes, by Keras' names of the modes."""

from __future__ import annotations

PREPROCESSING = ("none", "unit", "tf", "torch", "caffe")


def function(name: str):
    """The function from uint8 images to float32.

    Args:
        name: One of `PREPROCESSING`: "none" (0 … 255), "unit" (0 … 1), "tf"
            (-1 … 1), "torch" (as `augmentation.normalise`), "caffe" (BGR less
            ImageNet's mean).
    """
    import tensorflow as tf

    from pipelines.augmentation.normalise import normalise

    if name == "torch":
        return normalise
    if name == "caffe":
        import keras

        return lambda pixels: (
            keras.applications.imagenet_utils.preprocess_input(
                tf.cast(pixels, tf.float32), mode="caffe"
            )
        )
    scale, offset = {"none": (1, 0), "unit": (1 / 255, 0), "tf": (2 / 255, -1)}[
        name
    ]
    return lambda pixels: tf.cast(pixels, tf.float32) * scale + offset

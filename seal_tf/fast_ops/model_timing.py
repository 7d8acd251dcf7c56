"""Time the forward and backward pass of a model outside a graph."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seal_tf.utils.model_call import call_model


def batch_size(model_inputs: Any, images: int) -> int:
    """Return the images of a batch.

    Args:
        model_inputs: `tf.TensorSpec`s, nested as the model takes its inputs.
        images: Images of a batch whose size is unknown.
    """
    shape = tf.nest.flatten(model_inputs)[0].shape.as_list()
    return images if not shape or shape[0] is None else int(shape[0])


def random_inputs(model_inputs: Any, images: int) -> Any:
    """Create random inputs of a model.

    Args:
        model_inputs: `tf.TensorSpec`s, nested as the model takes its inputs.
        images: Images to create.

    Returns:
        Tensors: normal numbers, or zeros where the type is no floating-point
        type.

    Raises:
        ValueError: If another size than that of the batch is unknown.
    """
    rng = np.random.default_rng(0)

    def create(spec: tf.TensorSpec) -> tf.Tensor:
        _, *shape = spec.shape.as_list()
        if None in shape:
            raise ValueError(
                f"The shape of the inputs must be known. Received: {spec.shape}"
            )
        shape = [images, *shape]
        if not spec.dtype.is_floating:
            return tf.zeros(shape, spec.dtype)
        return tf.cast(rng.standard_normal(shape, np.float32), spec.dtype)

    return tf.nest.map_structure(create, model_inputs)


def step_seconds(model: keras.Model, inputs: Any) -> float:
    """Return the seconds of one forward and backward pass.

    Args:
        model: The model, built.
        inputs: Tensors.
    """
    start = time.perf_counter()
    with tf.GradientTape() as tape:
        outputs = tf.nest.flatten(call_model(model, inputs, training=True))
        loss = tf.add_n([tf.reduce_sum(tf.cast(o, "float32")) for o in outputs])
    tape.gradient(loss, [v.value for v in model.trainable_variables])
    return time.perf_counter() - start


@contextlib.contextmanager
def unchanged_state(model: keras.Model) -> Iterator[None]:
    """Restore moving statistics and random states at the end."""
    trainable = {id(v) for v in model.trainable_variables}
    others = [v for v in model.variables if id(v) not in trainable]
    # A copy: an eager tensor may share the memory of its variable.
    values = [np.array(v) for v in others]
    try:
        yield
    finally:
        for variable, value in zip(others, values, strict=True):
            variable.assign(value)

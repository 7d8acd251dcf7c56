"""Curvature against the exact Hessian of a tiny network."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf.probes import sharpness


@pytest.fixture(scope="module")
def tiny():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, activation="tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(2),
        ]
    )
    rng = np.random.default_rng(0)
    x = rng.normal(size=(10, 3)).astype("f4")
    y = np.eye(2, dtype="f4")[rng.integers(0, 2, 10)]
    return model, x, y


def exact_hessian(model, x, y, step=1e-3):
    """Central differences of the gradient in float64 of the weights."""
    weights = model.trainable_variables
    shapes = [w.shape for w in weights]
    start = np.concatenate([w.numpy().ravel() for w in weights]).astype("f8")

    def gradient(flat):
        at = 0
        for w, shape in zip(weights, shapes, strict=True):
            size = int(np.prod(shape))
            w.assign(flat[at : at + size].reshape(shape))
            at += size
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(
                keras.losses.categorical_crossentropy(
                    y, model(x, training=False), from_logits=True
                )
            )
        slope = tape.gradient(loss, [w.value for w in weights])
        return np.concatenate([s.numpy().ravel() for s in slope])

    rows = []
    for i in range(len(start)):
        off = np.zeros(len(start))
        off[i] = step
        rows.append((gradient(start + off) - gradient(start - off)) / 2 / step)
    gradient(start)
    hessian = np.array(rows)
    return (hessian + hessian.T) / 2


def test_against_the_exact_hessian(tiny):
    model, x, y = tiny
    hessian = exact_hessian(model, x, y)
    # In two batches, which must come to the same as one.
    curvature = sharpness.Curvature(model, x, y, batch_size=7)
    vector = curvature.random((3, 0))
    flat = np.concatenate([np.ravel(v) for v in vector])
    product = np.concatenate([np.ravel(p) for p in curvature.product(vector)])
    np.testing.assert_allclose(product, hessian @ flat, atol=2e-3)
    values = np.linalg.eigvalsh(hessian)
    wanted = values[np.abs(values).argmax()]
    top = sharpness.largest_eigenvalue(curvature, tolerance=1e-5)
    assert top["converged"]
    assert top["value"] == pytest.approx(wanted, rel=0.01)
    found = sharpness.trace(curvature, samples=200)
    # The estimator's variance is known: twice the squares off the diagonal.
    squares = (hessian**2).sum() - (np.diag(hessian) ** 2).sum()
    error = np.sqrt(2 * squares / 200)
    assert found["standard_error"] == pytest.approx(float(error), rel=0.3)
    assert found["value"] == pytest.approx(
        np.trace(hessian), abs=float(4 * error)
    )


def test_mixed_precision_is_measured_in_float32():
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, dtype="mixed_bfloat16")]
    )
    again = sharpness.in_float32(model)
    assert again.layers[-1].compute_dtype == "float32"
    np.testing.assert_array_equal(
        again.get_weights()[0], model.get_weights()[0]
    )

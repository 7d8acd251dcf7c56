"""Curvature copyst the exact Hessian of a tiny network."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf.probes.sharpness import compute


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


def test_curvature_equals_the_exact_hessian(tiny):
    model, x, y = tiny
    hessian = exact_hessian(model, x, y)
    # Two batches must give the same product as one.
    curvature = compute.Curvature(model, x, y, batch_size=7)
    vector = curvature.random_vector((3, 0))
    flat = np.concatenate([np.ravel(v) for v in vector])
    product = np.concatenate([np.ravel(p) for p in curvature.product(vector)])
    np.testing.assert_allclose(product, hessian @ flat, atol=2e-3)
    values = np.linalg.eigvalsh(hessian)
    expected = values[np.abs(values).argmax()]
    top = compute.largest_eigenvalue(curvature, tolerance=1e-5)
    assert top["converged"]
    assert top["value"] == pytest.approx(expected, rel=0.01)
    estimate = compute.hessian_trace(curvature, samples=200)
    # The estimator's variance is twice the sum of squares off the diagonal.
    squares = (hessian**2).sum() - (np.diag(hessian) ** 2).sum()
    error = np.sqrt(2 * squares / 200)
    assert estimate["standard_error"] == pytest.approx(float(error), rel=0.3)
    assert estimate["value"] == pytest.approx(
        np.trace(hessian), abs=float(4 * error)
    )


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "bfloat16", "float16"])
def test_to_float32_of_half_precision_keeps_the_weights(policy):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, dtype=policy)]
    )
    copy = compute.to_float32(model)
    assert copy.layers[-1].compute_dtype == "float32"
    assert copy.weights[0].dtype == "float32"
    np.testing.assert_array_equal(copy.get_weights()[0], model.get_weights()[0])

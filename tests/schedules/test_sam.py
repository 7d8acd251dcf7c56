"""SAM, against the reference and algorithm 1 of the paper."""

import keras
import numpy as np
import pytest

from seal_tf import (
    GenerationCallback,
    SAMCallback,
    SEALModel,
    SEALTrainStep,
)
from seal_tf.optimizers import SGD
from seal_tf.schedules import SAM, SEAL, Normal
from tests import reference
from tests.schedules.plans import two_group_plan
from tests.training import nets
from tests.training.test_numerics import (
    _batches,
    _compare,
    _EndRecorder,
    _model,
    _parameters,
)

RHO, S, RATE = 0.25, 0.25, 2**-6


@pytest.mark.parametrize("rho", [0, -0.1, float("inf")])
def test_rho_out_of_range_raises(rho):
    with pytest.raises(ValueError, match=f"`rho` .*rho={rho}"):
        SAM(rho=rho)


def test_plan_states_the_radius_and_the_second_pass():
    plan = two_group_plan(Normal(generations=2) + SAM(rho=0.1))
    assert plan.perturbs and plan.epoch(5).perturbation == 0.1
    assert "perturbed by 0.1, in a second pass" in plan.describe()
    assert not two_group_plan(Normal(generations=2)).perturbs


def _perturbed(p, gradients):
    norm = np.sqrt(sum((g**2).sum() for g in gradients.values()))
    return p | {
        n: p[n] + RHO * gradients[n] / norm for n in gradients if n in p
    }


@pytest.mark.parametrize(
    "kind,mode,_floatx,cls",
    [
        ("sgd", {}, "float32", keras.Model),
        pytest.param(
            *("adam", {}, "float64", SEALModel), marks=pytest.mark.slow
        ),
        pytest.param(
            *("sgd", {"jit_compile": True}, "float32", keras.Model),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            *("adam", {"run_eagerly": True}, "float64", keras.Model),
            marks=pytest.mark.slow,
        ),
    ],
    indirect=["_floatx"],
)
def test_tensors_with_sam_in_seal_equal_the_reference(kind, mode, _floatx, cls):
    """Epoch 2 of 4 is an ascent of the early layers."""
    x, onehot = _batches(_floatx)
    model = _model(_floatx, cls)
    start = _parameters(model)
    model.compile(
        SGD(RATE, 0.9, l2=5e-4)
        if kind == "sgd"
        else keras.optimizers.Adam(RATE),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        **({"jit_compile": False} | mode),
    )
    recorder = _EndRecorder()
    schedule = SEAL(generations=2, split_at="dense2", ascent_scale=S)
    model.fit(
        nets.WholeBatches(x, onehot),
        epochs=4,
        shuffle=False,
        verbose=0,
        callbacks=[GenerationCallback(schedule + SAM(rho=RHO)), recorder],
    )
    optimizer = reference.SGD() if kind == "sgd" else reference.Adam()
    optimizer.reset()
    p, expected = dict(start), []
    for epoch in range(4):
        if epoch in (2, 3):
            optimizer.reset()
        for inputs, labels in zip(
            x.astype("float64"), onehot.astype("float64"), strict=True
        ):
            first, stats = reference.gradients(p, inputs, labels)
            g, _ = reference.gradients(_perturbed(p, first), inputs, labels)
            for n in reference.NAMES:
                ascends = epoch == 2 and n in reference.EARLY
                sign, size = (-1, S) if ascends else (1, 1)
                optimizer.step(p, n, sign * g[n], size * RATE, ascends)
            optimizer.end_step()
            # The statistics are those of the first pass.
            for n, value in stats.items():
                m = reference.BN_MOMENTUM
                p[n] = m * p[n] + (1 - m) * value
        expected.append(dict(p))
    _compare(recorder.epochs, expected, kind)


def test_dropout_has_one_mask_in_both_passes():
    """w.m x with the mask m: each pass moves along m x only."""
    inputs = keras.Input((12,))
    h = keras.layers.Dropout(0.5, seed=1)(inputs)
    dense = keras.layers.Dense(1, use_bias=False)
    model = keras.Model(inputs, dense(h))
    model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=False)
    w = dense.kernel.numpy()[:, 0].astype("float64")
    x, y = np.ones((1, 12), "float32"), np.array([[3.0]])
    for _ in range(2):
        model.fit(x, y, verbose=0, callbacks=[SAMCallback(rho=0.5)])
        update = dense.kernel.numpy()[:, 0] - w
        masked = 2.0 * (update != 0)
        assert 0 < masked.sum() < 24
        error = w @ masked - 3
        error += 0.5 * np.sign(error) * np.linalg.norm(masked)
        np.testing.assert_allclose(update, -2 * error * masked, rtol=1e-4)
        w = dense.kernel.numpy()[:, 0].astype("float64")


def test_logs_and_states_are_those_of_the_first_pass():
    """A model with two outputs has a loss metric for each."""
    results = []
    for callbacks in ([], [SAMCallback(rho=1.0)]):
        keras.utils.set_random_seed(2)
        inputs = keras.Input((4,))
        h = keras.layers.BatchNormalization()(inputs)
        h = keras.layers.Dropout(0.5)(h)
        outputs = [keras.layers.Dense(1, name=name)(h) for name in "ab"]
        model = keras.Model(inputs, outputs)
        model.compile("sgd", ["mse", "mae"], metrics=[["mae"], ["mse"]])
        x = np.random.default_rng(0).normal(size=(8, 4))
        history = model.fit(
            *(x, [x[:, :1], x[:, 1:2]]),
            batch_size=8,
            verbose=0,
            callbacks=callbacks,
        )
        state = [v.numpy() for v in model.non_trainable_variables]
        results.append((history.history, state))
    (plain, plain_state), (logs, state) = results
    assert {"a_loss", "b_loss", "a_mae", "b_mse", "loss"} <= set(plain)
    for name, values in plain.items():
        assert logs[name] == pytest.approx(values, rel=1e-6), name
    for a, b in zip(plain_state, state, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.slow
def test_loss_scale_of_half_precision_cancels():
    losses = []
    for policy in ("float32", "mixed_float16"):
        keras.config.set_dtype_policy(policy)
        keras.utils.set_random_seed(5)
        x, y = nets.data(64)
        optimizer = keras.optimizers.SGD(0.1)
        if policy == "mixed_float16":
            # A scale with which no gradient overflows, which skips a step.
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, 256.0)
        model = nets.compiled(nets.functional(), optimizer)
        history = model.fit(
            x, y, epochs=3, verbose=0, callbacks=[SAMCallback(rho=0.2)]
        )
        losses.append(history.history["loss"])
    np.testing.assert_allclose(*losses, rtol=5e-3)


@pytest.mark.slow
def test_zero_gradient_does_not_perturb():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.zeros((4, 2))
    model.fit(x, np.zeros((4, 1)), verbose=0, callbacks=[SAMCallback()])
    assert all(np.isfinite(w).all() for w in model.get_weights())


def test_sparse_gradients_of_an_embedding_are_summed():
    """Both images have the token 1, so its gradient counts twice."""
    model = keras.Sequential(
        [
            keras.Input((1,), dtype="int32"),
            keras.layers.Embedding(3, 1, embeddings_initializer="ones"),
            keras.layers.Flatten(),
        ]
    )
    model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=False)
    x, y = np.array([[1], [1]]), np.array([[0.0], [0.0]])
    model.fit(x, y, verbose=0, callbacks=[SAMCallback(rho=0.5)])
    # The loss is w^2: the gradient at 1 + 0.5 is 3.
    np.testing.assert_allclose(model.get_weights()[0][:, 0], [1, -2, 1])


def test_gradient_accumulation_is_refused():
    x, y = nets.data()
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)
    model = nets.compiled(nets.functional(), optimizer)
    with pytest.raises(ValueError, match="gradient_accumulation_steps=2"):
        model.fit(x, y, verbose=0, callbacks=[SAMCallback()])


def test_own_train_step_is_refused_before_training():
    class Own(SEALTrainStep, keras.Model):
        def train_step(self, data):
            raise AssertionError("the fit has started")

    x, y = nets.data()
    inner = nets.functional()
    model = nets.compiled(Own(inner.inputs, inner.outputs))
    with pytest.raises(ValueError, match="sam and the train_step of Own"):
        model.fit(x, y, verbose=0, callbacks=[SAMCallback()])

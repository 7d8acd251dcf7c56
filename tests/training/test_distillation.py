"""Teachers, and the loss with them."""

import keras
import numpy as np
import pytest

import pipelines
import seal_tf
from seal_tf import (
    DistillCallback,
    GenerationCallback,
    SEALTrainStep,
)
from seal_tf.backends import get_backend
from seal_tf.schedules import Distill, Distillation
from seal_tf.training.distillation import (
    DistilledLoss,
    check_distillable,
    loss_weight,
    outputs_logits,
)
from seal_tf.training.plan_builder import build_plan
from tests.training import nets


def _net(activation=None):
    inputs = keras.Input((6,))
    h = keras.layers.Dense(5, "tanh", kernel_regularizer="l2")(inputs)
    h = keras.layers.BatchNormalization()(h)
    h = keras.layers.Dropout(0.5)(h)
    return keras.Model(inputs, keras.layers.Dense(3, activation)(h))


def _softmax(logits):
    soft = np.exp(logits - logits.max(1, keepdims=True))
    return soft / soft.sum(1, keepdims=True)


@pytest.mark.parametrize("logits", [True, False])
def test_loss_equals_the_formula(logits):
    """With weights, a penalty, two teachers, and logits or a softmax."""
    alpha, temperature = 0.3, 2.0
    model = _net(None if logits else "softmax")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=logits)
    model.compile("sgd", loss)
    rng = np.random.default_rng(0)
    teachers = [[rng.normal(size=w.shape) for w in model.weights] for _ in "ab"]
    for teacher in teachers:
        teacher[5] = teacher[5] ** 2  # the moving variance
    x = rng.normal(size=(8, 6)).astype("float32")
    y = rng.integers(0, 3, 8)
    weights = rng.uniform(0.5, 2, 8).astype("float32")
    distilled = DistilledLoss(
        Distillation(alpha, temperature, 2),
        [[keras.Variable(w) for w in teacher] for teacher in teachers],
        logits,
    )
    before = model.get_weights()
    targets = distilled.targets(model, x)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)

    def outputs():
        values = model.predict(x, verbose=0)
        return values if logits else np.log(values)

    expected = 0
    for teacher in teachers:
        model.set_weights(teacher)
        expected = expected + _softmax(outputs() / temperature) / 2
    model.set_weights(before)
    np.testing.assert_allclose(targets, expected, rtol=1e-4, atol=1e-6)

    batch = get_backend().unpack_batch((x, y, weights), False)
    y_pred = model(x, training=False)
    plain = model.compute_loss(x, y, y_pred, weights)
    total = distilled.combine(model, plain, y_pred, batch, targets)
    q = _softmax(outputs())[np.arange(8), y]
    cross_entropy = (weights * -np.log(q)).mean()
    log_q = np.log(_softmax(outputs() / temperature))
    divergence = (expected * (np.log(expected) - log_q)).sum(1)
    penalty = 0.01 * (before[0] ** 2).sum()
    formula = (
        (1 - alpha) * cross_entropy
        + alpha * temperature**2 * (weights * divergence).mean()
        + penalty
    )
    assert float(total) == pytest.approx(formula, rel=1e-4)


def test_divergence_leaves_out_what_a_mask_leaves_out():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            keras.layers.Embedding(5, 4, mask_zero=True),
            keras.layers.Dense(3),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    rng = np.random.default_rng(0)
    x = rng.integers(1, 5, (4, 6)).astype("int32")
    x[:, 3:] = 0
    y = rng.integers(0, 3, (4, 6))
    member = [keras.Variable(rng.normal(size=w.shape)) for w in model.weights]
    distilled = DistilledLoss(Distillation(1.0, 1.0, 1), [member], True)
    targets = distilled.targets(model, x)
    batch = get_backend().unpack_batch((x, y), False)
    outputs = model(x, training=False)
    plain = model.compute_loss(x, y, outputs)
    total = distilled.combine(model, plain, outputs, batch, targets)
    p, logits = (keras.ops.convert_to_numpy(t) for t in (targets, outputs))
    log_q = np.log(_softmax(logits.reshape(-1, 3))).reshape(logits.shape)
    divergence = (p * (np.log(p) - log_q)).sum(-1)
    assert float(total) == pytest.approx(divergence[:, :3].mean(), rel=1e-4)


@pytest.mark.tensorflow
def test_targets_have_no_gradient():
    import tensorflow as tf

    model = _net()
    model.compile(
        "sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    member = [keras.Variable(w.numpy()) for w in model.weights]
    distilled = DistilledLoss(Distillation(0.5, 1.0, 1), [member], True)
    x = np.ones((2, 6), "float32")
    with tf.GradientTape() as tape:
        targets = distilled.targets(model, x)
    variables = [v.value for v in (*model.trainable_weights, *member)]
    assert tape.gradient(targets, variables) == [None] * len(variables)


@pytest.mark.slow
def test_penalty_with_a_value_for_each_image_is_added_as_keras_does():
    class Penalty(keras.layers.Layer):
        def call(self, x):
            self.add_loss(keras.ops.mean(x**2, axis=1))
            return x

    model = keras.Sequential(
        [keras.Input((6,)), Penalty(), keras.layers.Dense(3)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    x, y = nets.data(8)
    batch = get_backend().unpack_batch((x, y), False)
    # A teacher with the same weights: the divergence is 0.
    teacher = [keras.Variable(w) for w in model.get_weights()]
    distilled = DistilledLoss(Distillation(0.25, 1.0, 1), [teacher], True)
    targets = distilled.targets(model, x)
    y_pred = model(x)
    plain = model.compute_loss(x, y, y_pred)
    total = distilled.combine(model, plain, y_pred, batch, targets)
    entropy = float(loss(y, y_pred))
    assert keras.ops.shape(total) == ()
    penalty = float((x**2).mean(1).sum())
    assert float(total) == pytest.approx(0.75 * entropy + penalty, rel=1e-4)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_distill_in_mixed_precision_has_a_float32_teacher(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = _net()
    finally:
        keras.config.set_dtype_policy(before)
    model.compile(
        "sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    x, y = nets.data()
    states = []

    class SaveState(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            state = callback.run_state(epoch + 1)
            states.append(state.parts["teachers"]["members"])

    callback = GenerationCallback(Distill(generations=2, temperature=2.0))
    history = model.fit(
        x, y, epochs=4, verbose=0, callbacks=[callback, SaveState()]
    )
    assert np.isfinite(history.history["loss"]).all()
    assert [len(members) for members in states] == [0, 0, 1, 1]
    assert {w.dtype for w in states[-1][0]} == {np.dtype("float32")}


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        pytest.param("fast_ops", marks=pytest.mark.tensorflow),
        *("xla", "eager"),
    ],
)
def test_distill_in_every_mode_trains_the_same(options):
    """The teacher has its own weights in faster operations and in XLA."""

    images = pipelines.read("digits", "train", classes=4, images_per_class=16)
    x = (images.pixels / 127.5 - 1).astype("float32")

    def fit(callbacks=(), **compiled):
        keras.utils.set_random_seed(3)
        model = nets.blocks(activation="silu")
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(
            keras.optimizers.SGD(0.05),
            loss,
            **({"jit_compile": False} | compiled),
        )
        schedule = Distill(generations=2, alpha=1.0, temperature=2.0)
        history = model.fit(
            x,
            images.labels,
            16,
            epochs=4,
            shuffle=False,
            verbose=0,
            callbacks=[GenerationCallback(schedule), *callbacks],
        )
        return history.history["loss"]

    other = {
        "fast_ops": lambda: fit([seal_tf.FastOps()]),
        "xla": lambda: fit(jit_compile=True),
        "eager": lambda: fit(run_eagerly=True),
    }[options]()
    plain = fit()
    np.testing.assert_allclose(other, plain, rtol=2e-3, atol=1e-5)
    # With alpha 1 the loss of the second generation starts near its teacher.
    assert plain[2] < plain[1] / 2


def test_fit_within_a_generation_without_its_teacher_raises():
    model = nets.compiled(nets.functional())
    with pytest.raises(ValueError, match="Epoch 4 needs 1 teacher.*checkpoint"):
        model.fit(
            *nets.data(),
            epochs=4,
            initial_epoch=3,
            verbose=0,
            callbacks=[DistillCallback(generations=2)],
        )


@pytest.mark.tensorflow
def test_targets_trace_all_teachers_once():
    calls = []

    import tensorflow as tf

    class Count(keras.layers.Layer):
        def call(self, x):
            calls.append(x)
            return x

    model = keras.Sequential(
        [keras.Input((6,)), Count(), keras.layers.Dense(3)]
    )
    members = [[keras.Variable(w) for w in model.get_weights()]] * 3
    distilled = DistilledLoss(Distillation(0.5, 1.0, 3), members, True)
    calls.clear()
    tf.function(lambda x: distilled.targets(model, x))(np.ones((2, 6), "f4"))
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("reduction", "weights", "factor"),
    [("sum", None, 8), ("sum_over_batch_size", [0.25], 0.25)],
)
def test_divergence_is_reduced_and_weighted_as_the_compiled_loss(
    reduction, weights, factor
):
    """The whole loss without a penalty is `factor` times the usual one."""
    base = nets.functional()
    # Keras returns an output in a list as such a list.
    model = keras.Model(base.input, [base.output])
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 6)).astype("float32"), rng.integers(0, 3, 8)
    batch = get_backend().unpack_batch((x, y), False)
    member = [keras.Variable(w + 0.3) for w in model.get_weights()]
    totals = []
    for options in (
        {"reduction": "sum_over_batch_size"},
        {"reduction": reduction, "loss_weights": weights},
    ):
        loss = keras.losses.SparseCategoricalCrossentropy(
            reduction=options.pop("reduction")
        )
        model.compile("sgd", [loss] if weights else loss, **options)
        model.loss = loss
        distilled = DistilledLoss(
            Distillation(0.4, 2.0, 1), [member], False, loss_weight(model)
        )
        outputs = model(x)
        totals.append(
            distilled.combine(
                model,
                model.compute_loss(x, y, outputs),
                outputs,
                batch,
                distilled.targets(model, x),
            )
        )
    assert float(totals[1]) == pytest.approx(factor * float(totals[0]), 1e-5)


def test_two_outputs_of_a_subclassed_model_raise():
    class Two(nets.Subclassed):
        def call(self, x, training=False):
            outputs = super().call(x, training=training)
            return outputs, outputs

    model = Two()
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, y = nets.data()
    with pytest.raises(ValueError, match="one output. Received: 2 outputs"):
        model.fit(
            x,
            [y, y],
            epochs=2,
            verbose=0,
            callbacks=[DistillCallback(generations=2)],
        )


def test_outputs_logits_of_every_way_to_name_the_loss():
    for loss, expected in (
        ("categorical_crossentropy", False),
        (keras.losses.sparse_categorical_crossentropy, False),
        (keras.losses.CategoricalCrossentropy(), False),
        (keras.losses.CategoricalCrossentropy(from_logits=True), True),
    ):
        model = _net()
        model.compile("sgd", loss)
        assert outputs_logits(model) is expected
    for loss in ("mse", keras.losses.BinaryCrossentropy(), {"a": "mse"}):
        model.compile("sgd", loss)
        with pytest.raises(ValueError, match="one output .* compiled with Cat"):
            outputs_logits(model)


def test_own_train_step_is_refused_before_training():
    class Own(SEALTrainStep, keras.Model):
        def train_step(self, data):
            raise AssertionError

    base = nets.functional()
    model = nets.compiled(Own(base.inputs, base.outputs))
    plan = build_plan(Distill(generations=2), model, 4)
    with pytest.raises(ValueError, match="Own defines its own train_step"):
        check_distillable(model, plan)


def test_stateful_layer_is_refused_before_training():
    model = keras.Sequential(
        [
            keras.Input((3, 2), batch_size=4),
            keras.layers.LSTM(4, stateful=True, name="memory"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    nets.compiled(model)
    plan = build_plan(Distill(generations=2), model, 4)
    with pytest.raises(ValueError, match="the layer 'memory' are incompatible"):
        check_distillable(model, plan)

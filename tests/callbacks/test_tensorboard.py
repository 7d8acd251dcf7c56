"""What TensorBoard is told, against what NumPy and a tape say."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf import FreezeOutCallback, GenerationTensorBoard, SEALCallback
from tests.training import nets
from tests.training.events import written


def _fit(tmp_path, callback, model, every=0, hparams=None, **settings):
    x, y = nets.data(48)
    board = GenerationTensorBoard(callback, tmp_path, every, hparams)
    model.fit(
        x,
        y,
        16,
        epochs=4,
        shuffle=False,
        verbose=0,
        callbacks=[callback, board],
        **settings,
    )
    return written(tmp_path)


def test_phases_and_rates(tmp_path):
    seal = SEALCallback(generations=2, split_at="second", ascent_scale=0.5)
    found = _fit(tmp_path, seal, nets.compiled(nets.functional()))
    said = [text.item().decode() for _, text in found["phase"]]
    assert said[2] == "generation 2/2 · ascent 1/1"
    early = [rate.item() for _, rate in found["rate/early"]]
    later = [rate.item() for _, rate in found["rate/later"]]
    np.testing.assert_allclose(early[2], -0.5 * later[2], rtol=1e-6)
    np.testing.assert_allclose(early[3], later[3], rtol=1e-6)
    assert "norm/weight/early" not in found


def test_every_group_has_its_rate(tmp_path):
    callback = FreezeOutCallback(t0=0.5, grouping="layers", learning_rate=0.1)
    found = _fit(tmp_path, callback, nets.compiled(nets.functional()))
    groups = [tag for tag in found if tag.startswith("rate/")]
    assert len(groups) == len(callback.plan.run.groups) > 2


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_norms_are_those_of_a_tape(tmp_path, policy):
    keras.utils.set_random_seed(1)
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy(policy)
    try:
        model = nets.compiled(nets.functional())
    finally:
        keras.mixed_precision.set_dtype_policy(before)
    x, y = nets.data(48)
    with tf.GradientTape() as tape:
        loss = model.compute_loss(
            x[:16], y[:16], model(x[:16], training=True), training=True
        )
    variables = model.trainable_variables
    gradients = [
        np.asarray(g) for g in tape.gradient(loss, [v.value for v in variables])
    ]
    weights = [v.numpy() for v in variables]
    early = [v.path.startswith(("first", "norm")) for v in variables]

    def norm(arrays, wanted):
        return np.sqrt(
            sum(
                (a.astype("float64") ** 2).sum()
                for a, e in zip(arrays, early, strict=True)
                if e == wanted
            )
        )

    seal = SEALCallback(generations=2, split_at="second")
    found = _fit(tmp_path, seal, model, every=2)
    # Three steps an epoch: the first and the third of each.
    steps = [step for step, _ in found["norm/gradient/early"]]
    assert steps == [0, 2, 3, 5, 6, 8, 9, 11]
    loose = {"rtol": 1e-5} if policy == "float32" else {"rtol": 2e-2}
    for side, wanted in (("early", True), ("later", False)):
        for what, arrays in (("gradient", gradients), ("weight", weights)):
            first = found[f"norm/{what}/{side}"][0][1].item()
            np.testing.assert_allclose(first, norm(arrays, wanted), **loose)


@pytest.mark.parametrize("together", [1, 3])
def test_norms_change_nothing(tmp_path, together):
    def run(every):
        keras.utils.set_random_seed(1)
        model = nets.functional()
        model.compile(
            keras.optimizers.Adam(0.01),
            "sparse_categorical_crossentropy",
            steps_per_execution=together,
        )
        seal = SEALCallback(generations=2, split_at="second")
        found = _fit(tmp_path / str(every), seal, model, every)
        return model.get_weights(), found

    (with_norms, found), (without, _) = run(2), run(0)
    for a, b in zip(with_norms, without, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert len(found["norm/weight/later"]) == (8 if together == 1 else 4)


def test_a_last_execution_that_is_cut_short(tmp_path):
    """Keras then says more steps than there were: nothing is told twice."""
    x, y = nets.data(48)
    model = nets.functional()
    model.compile(
        "sgd", "sparse_categorical_crossentropy", steps_per_execution=3
    )
    seal = SEALCallback(generations=2, split_at="second")
    board = GenerationTensorBoard(seal, tmp_path, 2)
    model.fit(x, y, 12, epochs=4, verbose=0, callbacks=[seal, board])
    at = [step for step, _ in written(tmp_path)["norm/weight/later"]]
    assert at == [2, 6, 10, 14]


def test_where_nobody_knows_the_steps(tmp_path):
    x, y = nets.data(48)
    data = tf.data.Dataset.from_generator(
        lambda: ((x[i : i + 16], y[i : i + 16]) for i in (0, 16, 32)),
        output_signature=(
            tf.TensorSpec((None, 6), tf.float32),
            tf.TensorSpec((None,), tf.int64),
        ),
    )
    model = nets.compiled(nets.functional())
    seal = SEALCallback(generations=2, split_at="second")
    board = GenerationTensorBoard(seal, tmp_path, 2)
    model.fit(data, epochs=2, verbose=0, callbacks=[seal, board])
    at = [step for step, _ in written(tmp_path)["norm/weight/later"]]
    # Keras counts one step more in an epoch whose length it learns.
    assert at == [0, 2, 4, 6]


def test_what_cannot_be_shown_is_said(tmp_path):
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    seal = SEALCallback(generations=2)
    board = GenerationTensorBoard(seal, tmp_path)
    with pytest.raises(ValueError, match="stands before it"):
        model.fit(x, y, epochs=2, verbose=0, callbacks=[board, seal])
    with pytest.raises(ValueError, match="Received: -1"):
        GenerationTensorBoard(seal, tmp_path, -1)


def test_an_embedding_that_is_frozen_and_hyperparameters(tmp_path):
    """Sparse gradients have a norm; groups that are frozen have none."""
    x = np.random.default_rng(0).integers(0, 5, (48, 6))
    y = x[:, 0] % 3
    model = keras.Sequential(
        [
            keras.layers.Embedding(5, 4),
            keras.layers.Flatten(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.build((None, 6))
    model.compile("sgd", "sparse_categorical_crossentropy")
    callback = FreezeOutCallback(t0=0.3, decay="linear", grouping="layers")
    board = GenerationTensorBoard(
        callback, tmp_path, 1, {"t0": 0.3, "decay": "linear", "none": None}
    )
    model.fit(x, y, 48, epochs=4, verbose=0, callbacks=[callback, board])
    found = written(tmp_path)
    first, last = callback.plan.run.groups[0], callback.plan.run.groups[-1]
    norms = {
        group: [
            (at, norm.item()) for at, norm in found[f"norm/gradient/{group}"]
        ]
        for group in (first, last)
    }
    # Two epochs of one step each, then it is frozen.
    assert [at for at, _ in norms[first]] == [0, 1]
    assert [at for at, _ in norms[last]] == [0, 1, 2, 3]
    assert min(norm for group in norms.values() for _, norm in group) > 0
    assert "_hparams_/session_start_info" in found

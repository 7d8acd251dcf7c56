"""The log files of TensorBoard, against NumPy and a gradient tape."""

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_file_loader import (
    EventFileLoader,
)
from tensorboard.plugins.hparams import plugin_data_pb2

from seal_tf import FreezeOutCallback, GenerationTensorBoard, SEALCallback
from tests.backend_marks import needs_steps_per_execution
from tests.callbacks.summaries import read_summaries
from tests.training import nets


def _fit(tmp_path, callback, model, norms_every=0, **settings):
    x, y = nets.data(48)
    board = GenerationTensorBoard(callback, tmp_path, norms_every)
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
    return read_summaries(tmp_path)


def test_epoch_summaries_show_phases_and_signed_rates(tmp_path):
    seal = SEALCallback(generations=2, split_at="second", ascent_scale=0.5)
    summaries = _fit(tmp_path, seal, nets.compiled(nets.functional()))
    phases = [text.item().decode() for _, text in summaries["phase"]]
    assert phases[2] == "generation 2/2 · ascent 1/1"
    early = [rate.item() for _, rate in summaries["rate/early"]]
    later = [rate.item() for _, rate in summaries["rate/later"]]
    np.testing.assert_allclose(early[2], -0.5 * later[2], rtol=1e-6)
    np.testing.assert_allclose(early[3], later[3], rtol=1e-6)
    assert "norm/weight/early" not in summaries


def test_epoch_summaries_have_a_rate_for_each_group(tmp_path):
    callback = FreezeOutCallback(t0=0.5, grouping="layers", learning_rate=0.1)
    summaries = _fit(tmp_path, callback, nets.compiled(nets.functional()))
    groups = [tag for tag in summaries if tag.startswith("rate/")]
    assert len(groups) == len(callback.plan.run.groups) > 2


def test_hparams_have_the_validation_accuracy_as_their_metric(tmp_path):
    seal = SEALCallback(generations=2, split_at="second")
    model = nets.functional()
    model.compile(
        "sgd", "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    x, y = nets.data(48)
    board = GenerationTensorBoard(
        seal, tmp_path, hparams={"rate": 0.1, "none": None}
    )
    model.fit(
        x,
        y,
        epochs=4,
        verbose=0,
        validation_data=(x, y),
        callbacks=[seal, keras.callbacks.TensorBoard(tmp_path), board],
    )
    (file,) = tmp_path.glob("*tfevents*")
    configs = [
        plugin_data_pb2.HParamsPluginData.FromString(
            value.metadata.plugin_data.content
        ).experiment
        for event in EventFileLoader(str(file)).Load()
        for value in event.summary.value
        if value.tag == "_hparams_/experiment"
    ]
    (config,) = configs
    assert [info.name for info in config.hparam_infos] == ["rate"]
    (metric,) = config.metric_infos
    assert metric.name.group == "validation"
    # That is a tag which Keras' callback has written there.
    assert metric.name.tag in read_summaries(tmp_path / "validation")


@pytest.mark.tensorflow
@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_norms_equal_those_of_a_tape(tmp_path, policy):
    keras.utils.set_random_seed(1)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = nets.compiled(nets.functional())
    finally:
        keras.config.set_dtype_policy(before)
    x, y = nets.data(48)
    import tensorflow as tf

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

    def norm(arrays, side):
        return np.sqrt(
            sum(
                (a.astype("float64") ** 2).sum()
                for a, e in zip(arrays, early, strict=True)
                if e == side
            )
        )

    seal = SEALCallback(generations=2, split_at="second")
    summaries = _fit(tmp_path, seal, model, norms_every=2)
    # An epoch has three steps, and its first and third are due.
    steps = [step for step, _ in summaries["norm/gradient/early"]]
    assert steps == [0, 2, 3, 5, 6, 8, 9, 11]
    tolerance = {"rtol": 1e-5} if policy == "float32" else {"rtol": 2e-2}
    for name, side in (("early", True), ("later", False)):
        for kind, arrays in (("gradient", gradients), ("weight", weights)):
            first = summaries[f"norm/{kind}/{name}"][0][1].item()
            np.testing.assert_allclose(first, norm(arrays, side), **tolerance)


@needs_steps_per_execution
@pytest.mark.parametrize("steps_per_execution", [1, 3])
def test_norms_do_not_change_the_training(tmp_path, steps_per_execution):
    def run(norms_every):
        keras.utils.set_random_seed(1)
        model = nets.functional()
        model.compile(
            keras.optimizers.Adam(0.01),
            "sparse_categorical_crossentropy",
            steps_per_execution=steps_per_execution,
        )
        seal = SEALCallback(generations=2, split_at="second")
        summaries = _fit(tmp_path / str(norms_every), seal, model, norms_every)
        return model.get_weights(), summaries

    (with_norms, summaries), (without, _) = run(2), run(0)
    for a, b in zip(with_norms, without, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    expected = 8 if steps_per_execution == 1 else 4
    assert len(summaries["norm/weight/later"]) == expected


@needs_steps_per_execution
def test_norms_with_a_short_last_execution_are_written_once(tmp_path):
    """Keras then reports more steps than it ran."""
    x, y = nets.data(48)
    model = nets.functional()
    model.compile(
        "sgd", "sparse_categorical_crossentropy", steps_per_execution=3
    )
    seal = SEALCallback(generations=2, split_at="second")
    board = GenerationTensorBoard(seal, tmp_path, 2)
    model.fit(x, y, 12, epochs=4, verbose=0, callbacks=[seal, board])
    summaries = read_summaries(tmp_path)["norm/weight/later"]
    assert [step for step, _ in summaries] == [2, 6, 10, 14]


@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_norms_without_known_steps_continue_the_count(tmp_path):
    import tensorflow as tf

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
    model.fit(data, epochs=2, shuffle=False, verbose=0, callbacks=[seal, board])
    summaries = read_summaries(tmp_path)["norm/weight/later"]
    # Keras counts one step more in the epoch that determines the length.
    assert [step for step, _ in summaries] == [0, 2, 4, 6]


def test_board_before_its_callback_raises(tmp_path):
    x, y = nets.data()
    model = nets.compiled(nets.functional())
    seal = SEALCallback(generations=2)
    board = GenerationTensorBoard(seal, tmp_path)
    with pytest.raises(ValueError, match="must follow its GenerationCallback"):
        model.fit(x, y, epochs=2, verbose=0, callbacks=[board, seal])


def test_board_with_negative_interval_names_the_argument(tmp_path):
    with pytest.raises(ValueError, match="`norms_every` .*norms_every=-1"):
        GenerationTensorBoard(SEALCallback(generations=2), tmp_path, -1)


def test_norms_of_frozen_embedding_end_and_hparams_are_written(tmp_path):
    """Sparse gradients have a norm; frozen groups have none."""
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
    summaries = read_summaries(tmp_path)
    first, last = callback.plan.run.groups[0], callback.plan.run.groups[-1]
    norms = {
        group: [
            (step, norm.item())
            for step, norm in summaries[f"norm/gradient/{group}"]
        ]
        for group in (first, last)
    }
    # The first group trains for two epochs of one step.
    assert [step for step, _ in norms[first]] == [0, 1]
    assert [step for step, _ in norms[last]] == [0, 1, 2, 3]
    assert min(norm for group in norms.values() for _, norm in group) > 0
    assert "_hparams_/session_start_info" in summaries

"""A learning-rate factor for each layer."""

import json

import keras
import numpy as np
import pytest

from seal_tf import GenerationCallback, GenerationTensorBoard
from seal_tf.optimizers import SGD
from seal_tf.schedules import (
    SEAL,
    FreezeOut,
    LayerRates,
    Normal,
    Plan,
    Run,
)
from seal_tf.schedules.epoch_plan import LayerFacts
from seal_tf.schedules.resume_compatibility import (
    check_compatible,
    plan_record,
)
from seal_tf.schedules.serialization import to_config
from tests import reference
from tests.callbacks.summaries import read_summaries
from tests.training import nets
from tests.training.test_numerics import (
    _batches,
    _compare,
    _EndRecorder,
    _model,
    _parameters,
)

LAYERS = (
    LayerFacts("conv1", 0),
    LayerFacts("net/conv2_block1_conv", 1),
    LayerFacts("net/conv2_block1_bn", 1),
    LayerFacts("predictions", 2),
)


def _scale(**settings):
    run = Run(4, layers=LAYERS)
    return Plan(LayerRates(**settings), run).epoch(0).layer_scale.tolist()


def _plan(schedule, layers=LAYERS):
    names = (tuple(layer.path for layer in layers),)
    return Plan(schedule, Run(4, steps=2, layers=layers), names)


def test_decay_by_depth_is_a_power_of_the_distance_to_the_last():
    assert _scale(decay=0.5) == [0.25, 0.5, 0.5, 1]
    assert _scale() == pytest.approx([0.64, 0.8, 0.8, 1])


@pytest.mark.parametrize(
    "factors,expected",
    [
        ({"predictions": 3}, [1, 1, 1, 3]),
        ({"conv": 0.1, "conv2": 0.2}, [0.1, 0.2, 0.2, 1]),
        ({"net": 0.5, "conv2_block1_bn": 0}, [1, 0.5, 0, 1]),
        ({"net/conv2_block1_conv": 2}, [1, 2, 1, 1]),
        ("conv1:0.1, predictions:2", [0.1, 1, 1, 2]),
        (lambda path: 0.5 if "/" in path else 1.0, [1, 0.5, 0.5, 1]),
    ],
)
def test_factors_by_name_apply_to_the_longest_match(factors, expected):
    assert _scale(factors=factors) == pytest.approx(expected)
    both = np.multiply(expected, [0.25, 0.5, 0.5, 1])
    assert _scale(factors=factors, decay=0.5) == pytest.approx(both)


@pytest.mark.parametrize(
    "settings,message",
    [
        ({"decay": 0}, "`decay` .*decay=0"),
        ({"depth": "rows"}, "`depth` .*depth='rows'"),
        ({"factors": "conv1"}, "factors=conv1"),
        ({"factors": "conv1:x"}, "factors=conv1:x"),
        ({"factors": {"conv9": 1}}, "'conv9' matches no .*conv1"),
        ({"factors": {"conv1": -1}}, "Received: -1 for conv1"),
    ],
)
def test_setting_out_of_range_raises(settings, message):
    with pytest.raises(ValueError, match=message):
        _scale(**settings)


def test_plan_without_layers_names_what_to_do():
    with pytest.raises(ValueError, match="GenerationCallback.plan_for"):
        Plan(LayerRates(), Run(4)).epoch(0)


def test_describe_lists_neighbors_with_one_factor_together():
    text = _plan(LayerRates(decay=0.5)).describe()
    assert (
        "0.25 (conv1), 0.5 (net/conv2_block1_conv … net/conv2_block1_bn), "
        "1 (predictions)" in text
    )


def test_resume_with_other_factors_raises():
    old = json.loads(json.dumps(plan_record(_plan(LayerRates(decay=0.5)))))
    check_compatible(old, _plan(LayerRates(decay=0.5)), 2)
    with pytest.raises(ValueError, match="decay=0.5 in the checkpoint"):
        check_compatible(old, _plan(LayerRates(decay=0.6)), 2)
    # The settings do not contain a function; its results are recorded.
    half = plan_record(_plan(LayerRates(factors=lambda path: 0.5)))
    with pytest.raises(ValueError, match="layer_scale="):
        check_compatible(half, _plan(LayerRates(factors=lambda path: 1.0)), 2)


def test_function_is_not_serialized():
    with pytest.raises(ValueError, match="`factors` that is a function"):
        to_config(LayerRates(factors=lambda path: 1.0))


#: Factors of the layers of the reference network, by parameter.
FACTORS = {"dense1": 0.25, "bn1": 0.5, "dense2": 0.0, "dense3": 2.0}
OF_PARAMETER = {
    **dict.fromkeys(("w1", "b1"), 0.25),
    **dict.fromkeys(("gamma1", "beta1"), 0.5),
    **dict.fromkeys(("w2", "b2"), 0.0),
    **dict.fromkeys(("gamma2", "beta2"), 1.0),
    **dict.fromkeys(("w3", "b3"), 2.0),
}
# Exact in float32, as the variables of the plan and the optimizer are.
S, RATE, DECAY = 0.25, 2**-6, 0.125


# Adam divides the rounding errors of the biases before a norm by themselves.
@pytest.mark.parametrize(
    "kind,_floatx",
    [
        pytest.param("sgd", "float32", marks=pytest.mark.slow),
        ("adamw", "float64"),
    ],
    indirect=["_floatx"],
)
def test_tensors_with_factors_in_seal_equal_the_reference(kind, _floatx):
    """Epoch 2 of 4 is an ascent of the early layers."""
    x, onehot = _batches(_floatx)
    model = _model(_floatx, keras.Model)
    p = start = _parameters(model)
    model.compile(
        SGD(RATE, 0.9, l2=5e-4)
        if kind == "sgd"
        else keras.optimizers.AdamW(RATE, weight_decay=DECAY),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    recorder = _EndRecorder()
    schedule = SEAL(generations=2, split_at="dense2", ascent_scale=S)
    callback = GenerationCallback(schedule + LayerRates(factors=FACTORS))
    model.fit(
        nets.WholeBatches(x, onehot),
        epochs=4,
        shuffle=False,
        verbose=0,
        callbacks=[callback, recorder],
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
            g, stats = reference.gradients(p, inputs, labels)
            for n in reference.NAMES:
                ascends = epoch == 2 and n in reference.EARLY
                rate = RATE * OF_PARAMETER[n]
                if kind == "adamw" and not ascends:
                    p[n] = p[n] - p[n] * DECAY * rate
                sign, size = (-1, S) if ascends else (1, 1)
                optimizer.step(p, n, sign * g[n], size * rate, ascends)
            optimizer.end_step()
            for n, value in stats.items():
                m = reference.BN_MOMENTUM
                p[n] = m * p[n] + (1 - m) * value
        expected.append(dict(p))
    _compare(recorder.epochs, expected, kind)
    np.testing.assert_array_equal(recorder.epochs[-1]["w2"], start["w2"])


def test_layer_rates_are_logged_in_tensorboard(tmp_path):
    x, y = nets.data()
    model = nets.compiled(nets.functional(), SGD(0.1))
    schedule = SEAL(generations=2, split_at="second", ascent_scale=0.5)
    rates = GenerationCallback(schedule + LayerRates(factors={"norm": 0.1}))
    model.fit(
        *(x, y),
        epochs=2,
        verbose=0,
        callbacks=[rates, GenerationTensorBoard(rates, tmp_path)],
    )
    # The last epoch ascends.
    expected = {"first": -0.05, "norm": -0.005, "second": 0.1, "third": 0.1}
    assert rates.layer_rates == pytest.approx(expected)
    scalars = read_summaries(tmp_path)
    for path, rate in expected.items():
        assert scalars[f"layer_rate/{path}"][-1][1] == pytest.approx(rate)


def test_freezeout_with_factors_scales_each_layer():
    schedule = (
        FreezeOut(t0=0.5, grouping="layers")
        + LayerRates(factors={"third": 0.5})
        + Normal(generations=1)
    )
    model = nets.compiled(nets.functional(), SGD(0.1))
    plan = GenerationCallback(schedule).plan_for(model, 4, 3)
    assert plan.layers == (("first", "norm"), ("second",), ("third",))
    assert plan.epoch(3).frozen == 2
    assert plan.epoch(0).layer_scale.tolist() == [1, 1, 1, 0.5]


@pytest.mark.tensorflow
def test_unbuilt_model_raises_before_training():
    x, y = nets.data()
    model = nets.compiled(nets.sequential(built=False))
    callback = GenerationCallback(LayerRates())
    with pytest.raises(ValueError, match="requires a built model"):
        model.fit(x, y, verbose=0, callbacks=[callback])

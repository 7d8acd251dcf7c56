"""Every tensor after every epoch, against the NumPy reference."""

import keras
import numpy as np
import pytest

from seal_tf import GenerationCallback, SEALCallback, SEALModel
from seal_tf.optimizers import SGD
from seal_tf.schedules import (
    LLF,
    AnnealedAscent,
    Distill,
    FreezeOut,
    ShrinkPerturb,
)
from tests import reference
from tests.training import nets
from tests.x64 import float64_on_jax

G, E, K, S = 3, 4, 2, 0.05
BATCHES, BATCH = 8, 16


def _batches(dtype):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCHES, BATCH, 6))
    onehot = np.eye(3)[rng.integers(0, 3, (BATCHES, BATCH))]
    return x.astype(dtype), onehot.astype(dtype)


def _model(dtype, cls):
    layers = keras.layers
    inputs = keras.Input((6,), dtype=dtype)
    h = inputs
    for i, units in enumerate((12, 10), 1):
        h = layers.Dense(units, dtype=dtype, name=f"dense{i}")(h)
        h = layers.BatchNormalization(
            momentum=reference.BN_MOMENTUM,
            epsilon=reference.EPSILON,
            dtype=dtype,
            name=f"bn{i}",
        )(h)
        h = layers.ReLU(dtype=dtype)(h)
    model = cls(inputs, layers.Dense(3, dtype=dtype, name="dense3")(h))
    rng = np.random.default_rng(1)
    for v in model.trainable_variables:
        v.assign(rng.normal(0.3 if "gamma" not in v.path else 1, 0.4, v.shape))
    return model


def _parameters(model):
    p = {}
    for i in (1, 2, 3):
        dense = model.get_layer(f"dense{i}")
        p[f"w{i}"], p[f"b{i}"] = dense.kernel, dense.bias
    for i in (1, 2):
        bn = model.get_layer(f"bn{i}")
        p[f"gamma{i}"], p[f"beta{i}"] = bn.gamma, bn.beta
        p[f"mean{i}"], p[f"var{i}"] = bn.moving_mean, bn.moving_variance
    return {
        n: keras.ops.convert_to_numpy(v).astype("float64") for n, v in p.items()
    }


class _EndRecorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(_parameters(self.model))


@pytest.fixture
def floatx(request):
    before = keras.config.floatx()
    keras.config.set_floatx(request.param)
    with float64_on_jax(request.param):
        yield request.param
    keras.config.set_floatx(before)


#: The quick suite compares these; the slow suite compares all.
QUICK = {
    ("float32", "sgd", "graph"),
    ("float32", "sgd", "steps_per_execution"),
    ("float64", "adam", "graph"),
    ("float64", "adam", "xla"),
}
MODES = {
    "graph": {},
    "xla": {"jit_compile": True},
    "eager": {"run_eagerly": True},
    "steps_per_execution": {"steps_per_execution": 4},
}


@pytest.mark.parametrize(
    "floatx,kind,mode,cls",
    [
        pytest.param(
            *(floatx, kind, mode, keras.Model),
            marks=[pytest.mark.slow] * ((floatx, kind, mode) not in QUICK),
        )
        for floatx, kind in (
            ("float32", "sgd"),
            ("float64", "sgd"),
            ("float64", "adam"),
        )
        for mode in MODES
    ]
    + [("float32", "sgd", "graph", SEALModel)],
    indirect=["floatx"],
)
def test_seal_tensors_of_every_epoch_equal_the_reference(
    floatx, kind, mode, cls
):
    if mode == "steps_per_execution" and keras.config.backend() == "torch":
        pytest.skip("Keras refuses steps_per_execution on PyTorch")
    base = 0.1 if kind == "sgd" else 0.01
    x, onehot = _batches(floatx)
    model = _model(floatx, cls)
    start = _parameters(model)
    optimizer = keras.optimizers.Adam()
    if kind == "sgd":
        optimizer = SGD(1.0, 0.9, l2=5e-4)
    model.compile(
        optimizer,
        keras.losses.CategoricalCrossentropy(from_logits=True),
        **({"jit_compile": False} | MODES[mode]),
    )
    recorder = _EndRecorder()
    data = nets.WholeBatches(x, onehot)
    model.fit(
        data,
        epochs=G * E,
        shuffle=False,
        verbose=0,
        callbacks=[
            SEALCallback(
                generations=G,
                ascent_epochs=K,
                ascent_scale=S,
                split_at="dense2",
                learning_rate=base,
                warmup_epochs=1,
            ),
            recorder,
        ],
    )
    expected = reference.train(
        start,
        list(zip(x.astype("float64"), onehot.astype("float64"), strict=True)),
        reference.SGD() if kind == "sgd" else reference.Adam(),
        generations=G,
        length=E,
        k=K,
        s=S,
        rate=lambda e: reference.rate_of(e, E, base, 1),
    )
    _compare(recorder.epochs, expected, kind)


def _fit(schedule, epochs):
    """Train with a schedule.

    Returns:
        The initial parameters, the batches, and the parameters at the start
        and at the end of every epoch.
    """
    x, onehot = _batches("float32")
    model = _model("float32", keras.Model)
    start = _parameters(model)
    model.compile(
        SGD(1.0, 0.9, l2=5e-4),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    start_recorder, end_recorder = _StartRecorder(), _EndRecorder()
    model.fit(
        nets.WholeBatches(x, onehot),
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[GenerationCallback(schedule), start_recorder, end_recorder],
    )
    batches = list(
        zip(x.astype("float64"), onehot.astype("float64"), strict=True)
    )
    return start, batches, start_recorder.epochs, end_recorder.epochs


class _StartRecorder(_EndRecorder):
    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.append(_parameters(self.model))

    def on_epoch_end(self, epoch, logs=None):
        pass


def _compare(actual, expected, kind="sgd"):
    # Elsewhere, Keras' Adam has some of its numbers in float32.
    noisy = "adam" in kind and keras.config.backend() != "tensorflow"
    tolerance = 2e-3 if noisy else 1e-5
    for epoch, (parameters, reference_values) in enumerate(
        zip(actual, expected, strict=True)
    ):
        for name, value in reference_values.items():
            error = np.linalg.norm(parameters[name] - value) / np.linalg.norm(
                value
            )
            message = f"{name} after epoch {epoch}: {error:.1e}"
            assert error <= tolerance, message


def test_freezeout_equals_the_reference():
    """Each group has its own rate, takes no step until the epoch ends, and is
    then frozen: no L2, no momentum, BatchNormalization in inference mode."""
    rate0, epochs = 0.1, 6
    times = [0.4, 0.7, 1.0]
    start, batches, _, ends = _fit(
        FreezeOut(
            t0=0.4,
            decay="linear",
            scaled=False,
            grouping="layers",
            learning_rate=rate0,
        ),
        epochs,
    )
    plan = []
    for e in range(epochs):
        t = [(e * BATCHES + j) / (epochs * BATCHES) for j in range(BATCHES)]
        plan.append(
            {
                "rates": [
                    [
                        rate0 / 2 * (1 + np.cos(np.pi * u / t_i))
                        if u < t_i
                        else 0.0
                        for t_i in times
                    ]
                    for u in t
                ],
                "l2": [[u < t_i for t_i in times] for u in t],
                # Epoch 2 contains t_1 = 0.4; frozen from epoch 3 on.
                "frozen": int(e / epochs >= times[0]),
            }
        )
    # In the next epoch the second group would be frozen, too.
    count = 5
    expected = reference.train_groups(
        start, batches, reference.SGD(), plan[:count]
    )
    _compare(ends[:count], expected)


def test_llf_equals_the_reference():
    """LLF reinitializes kernels of later layers, and resets the optimizer."""
    start, batches, starts, ends = _fit(
        LLF(
            generations=2,
            split_at="dense2",
            learning_rate=0.1,
            warmup_epochs=0,
            seed=3,
        ),
        4,
    )
    rates = [reference.rate_of(e % 2, 2, 0.1, 0) for e in range(4)]
    plan = [
        {
            "rates": [[r] * 3] * BATCHES,
            "l2": [[True] * 3] * BATCHES,
            "reset": e == 2,
            "weights": {n: starts[2][n] for n in ("w2", "w3")}
            if e == 2
            else {},
        }
        for e, r in enumerate(rates)
    ]
    # Only these kernels change, and their values are within the bounds.
    for name, value in starts[2].items():
        if name in ("w2", "w3"):
            assert np.abs(value).max() <= 1 / np.sqrt(value.shape[0])
            assert (value != ends[1][name]).all()
        else:
            np.testing.assert_array_equal(value, ends[1][name])
    _compare(
        ends,
        reference.train_groups(start, batches, reference.SGD(), plan),
    )


@pytest.mark.slow
def test_shrink_perturb_equals_the_reference():
    """Weights shrink and move by a fresh draw; the optimizer is reset."""
    a, b = 0.4, 0.5
    start, batches, starts, ends = _fit(
        ShrinkPerturb(
            generations=2,
            shrink=a,
            perturb=b,
            learning_rate=0.1,
            warmup_epochs=0,
            seed=3,
        ),
        4,
    )
    rates = [reference.rate_of(e % 2, 2, 0.1, 0) for e in range(4)]
    weights = {}
    for name, value in ends[1].items():
        fresh = (starts[2][name] - a * value) / b
        if name.startswith("w"):
            # Glorot-uniform: within sqrt(6 / (fan_in + fan_out)).
            bound = np.sqrt(6 / sum(value.shape))
            assert np.abs(fresh).max() <= bound * (1 + 1e-5)
            assert fresh.std() == pytest.approx(bound / np.sqrt(3), rel=0.3)
            weights[name] = starts[2][name]
        elif name.startswith(("mean", "var")):
            np.testing.assert_array_equal(starts[2][name], value)
        else:
            one = name.startswith("gamma")
            np.testing.assert_allclose(fresh, one, atol=1e-5)
            weights[name] = a * value + b * one
    plan = [
        {
            "rates": [[r] * 3] * BATCHES,
            "l2": [[True] * 3] * BATCHES,
            "reset": e == 2,
            "weights": weights if e == 2 else {},
        }
        for e, r in enumerate(rates)
    ]
    _compare(
        ends,
        reference.train_groups(start, batches, reference.SGD(), plan),
    )


@pytest.mark.parametrize(
    ("teacher", "alpha", "temperature", "teachers"),
    [
        ("previous", 0.6, 2.0, {2: [1], 3: [1], 4: [3], 5: [3]}),
        pytest.param(
            *("ensemble", 1.0, 3.0, {2: [1], 3: [1], 4: [1, 3], 5: [1, 3]}),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_distill_equals_the_reference(teacher, alpha, temperature, teachers):
    """Teachers are the ends of earlier generations, in inference mode."""
    schedule = Distill(
        generations=3,
        alpha=alpha,
        temperature=temperature,
        teacher=teacher,
        learning_rate=0.1,
        warmup_epochs=0,
    )
    start, batches, _, ends = _fit(schedule, 6)
    plan = [
        {
            "rates": [[reference.rate_of(e % 2, 2, 0.1, 0)] * 3] * BATCHES,
            "l2": [[True] * 3] * BATCHES,
            "reset": e in (2, 4),
            "distill": (alpha, temperature, teachers[e])
            if e in teachers
            else None,
        }
        for e in range(6)
    ]
    _compare(
        ends,
        reference.train_groups(start, batches, reference.SGD(), plan),
    )


def test_annealed_ascent_equals_the_reference():
    """Ascending and descending steps share one momentum."""
    schedule = AnnealedAscent(
        generations=1,
        p0=0.8,
        q=1.0,
        ascent_scale=0.3,
        seed=2,
        learning_rate=0.1,
        warmup_epochs=0,
    )
    start, batches, _, ends = _fit(schedule, 3)
    total = 3 * BATCHES
    draws = np.random.Generator(np.random.Philox(key=2)).random(total)
    ascends = draws < 0.8 * (1 - np.arange(total) / total)
    assert 2 < ascends.sum() < total - 2
    plan = []
    for e in range(3):
        r = reference.rate_of(e, 3, 0.1, 0)
        signs = ascends[e * BATCHES : (e + 1) * BATCHES]
        plan.append(
            {
                "rates": [[-0.3 * r if up else r] * 3 for up in signs],
                "l2": [[not up] * 3 for up in signs],
            }
        )
    _compare(
        ends,
        reference.train_groups(start, batches, reference.SGD(), plan),
    )
